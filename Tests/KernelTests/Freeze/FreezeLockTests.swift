// Two at one image, or at filesystems in one another: the second is told who is first, or waits.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Freeze: locks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FreezeLockTests {
    @Test("the second is refused, naming the first; with --wait it comes after it")
    func two() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let first = try scene.startStalled(for: 2)
            let other = scene.pool.path.appending("other")
            let arguments = [scene.image.file.string, other.string]
            let refused = try scene.probe.run(["clone", scene.runtime.string] + arguments)
            #expect(refused.stdout.contains("error locked"), "\(refused)")
            #expect(refused.stdout.contains("process \(first.pid)"))
            #expect(first.poll() == nil && access(other.string, F_OK) == -1)
            let second = try scene.probe.start(["clone", scene.runtime.string, "--wait"] + arguments)
            #expect(second.waitForEnd(within: .milliseconds(300)) == nil)
            #expect(first.finish(within: .seconds(20)).succeeded)
            #expect(second.finish(within: .seconds(20)).stdout.contains("clone frozen"))
        }
    }

    @Test("images in one another exclude each other, though they are two images")
    func nested() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 500 << 20)
            let inner = try scope.mountedImage("inner.img", in: scene.image.path, .ext4)
            let first = try scene.start(["--stall", "syncFilesystem:1:2"])
            try scene.probe.waitFor("syncFilesystem", of: first)
            let arguments = ["clone", scene.runtime.string, inner.file.string, scene.image.path.appending("inner.clone").string]
            let refused = try scene.probe.run(arguments)
            #expect(refused.stdout.contains("error locked"), "\(refused)")
            #expect(first.finish(within: .seconds(20)).succeeded)
            #expect(try scene.probe.run(arguments).succeeded)
        }
    }

    @Test("a lock does not outlive its holder, though that was killed")
    func killed() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let first = try scene.startStalled(for: 600)
            first.end()
            try eventually("the guard has thawed") { try scene.clone().succeeded }
        }
    }

    @Test("a place for locks that others may write is refused")
    func foreignPlace() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let locks = scene.runtime.appending("lock")
            for command in [["install", "-d", "-m", "777", locks.string], ["install", "-d", "-m", "755", "-o", "65534", locks.string]] {
                try Command.run(command[0], Array(command[1...]))
                #expect(try scene.clone().stdout.contains("error runtime_exposed"))
                try Command.run("rmdir", [locks.string])
            }
            let elsewhere = try scope.freshDirectory("elsewhere", mode: 0o700)
            try Command.run("ln", ["-s", elsewhere.string, locks.string])
            #expect(try scene.clone().status == .exited(2))
            try scene.expectNoClone()
        }
    }
}
