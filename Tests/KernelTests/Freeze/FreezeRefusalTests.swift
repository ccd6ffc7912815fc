// What is refused, with the reason, before or instead of a clone. Each leaves nothing frozen, no clone, and what was there as it was.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Freeze: refusals", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FreezeRefusalTests {
    @Test("frozen already by somebody else: refused, and not thawed", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func frozenByAnother(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            try scene.image.mount.freeze()
            let outcome = try scene.clone()
            #expect(outcome.stdout.contains("error frozen_by_another"), "\(outcome)")
            #expect(try scene.probe.thaw() == "")
            #expect(scene.image.mount.thaw() == 1)
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("the outer one frozen by somebody else: the inner one, frozen first, is thawed")
    func outerFrozenByAnother() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 400 << 20)
            let inner = try scope.mountedImage("inner.img", in: scene.image.path, .xfs)
            // At the moment of the second freeze, so that the writing-out before it does not hang.
            let process = try scene.start(["--stall", "freeze:2:1.5"])
            try scene.probe.waitFor("freeze", 2, of: process)
            try scene.image.mount.freeze()
            let outcome = process.finish(within: .seconds(30))
            #expect(outcome.stdout.contains("error frozen_by_another"), "\(outcome)")
            #expect(scene.image.mount.thaw() == 1)
            inner.mount.expectThawed()
        }
    }

    @Test("output into the filesystem to be frozen", arguments: ["1", "2"])
    func outputInside(stream: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe")
            let log = scene.image.path.appending("log")
            let command = "exec \(probe) clone \(scene.runtime) \(scene.image.file) \(scene.destination) \(stream)>\(log)"
            let outcome = try Tool(executable: "/bin/sh").run(["-c", command], within: .seconds(20))
            #expect(outcome.status == .exited(2))
            if stream == "2" { #expect(outcome.stdout.contains("error output_inside")) }
            if stream == "1" { #expect(try String(contentsOfFile: log.string, encoding: .utf8).contains("error output_inside")) }
            try scene.expectNoClone()
            scene.image.mount.expectThawed()
        }
    }

    @Test("a place for locks and freeze records on the filesystem to be frozen", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func runtimeInside(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind, size: 400 << 20)
            let nested = try scope.mountedImage("inner.img", in: scene.image.path, .ext4)
            for place in [scene.image.path.appending("run"), nested.path.appending("deep/run")] {
                let outcome = try scene.probe.run(["clone", place.string, scene.image.file.string, scene.destination.string])
                #expect(outcome.stdout.contains("error runtime_inside"), "\(outcome)")
                try scene.expectNoClone()
                nested.mount.expectThawed()
                scene.image.mount.expectThawed()
            }
            // On the pool it may lie: that is not frozen.
            let beside = scene.pool.path.appending("run")
            #expect(try scene.probe.run(["clone", beside.string, scene.image.file.string, scene.destination.string]).succeeded)
        }
    }

    @Test("not root: a mounted image is refused, and said to need root")
    func notRoot() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            try Command.run("chmod", ["777", scene.pool.path.string])
            try Command.run("chmod", ["644", scene.image.file.string])
            let runtime = try scope.freshDirectory("nobody", mode: 0o777)
            try Command.run("chown", ["65534:65534", runtime.string])
            try Command.run("chmod", ["700", runtime.string])
            let probe = try scope.asNobody(Tool(executable: Tool.losnap.executable.removingLastComponent().appending("freezeprobe")))
            let outcome = try probe.run(["clone", runtime.string, scene.image.file.string, scene.destination.string])
            #expect(outcome.stdout.contains("error needs_root") || outcome.stdout.contains("unreachableNamespace"), "\(outcome)")
            try scene.expectNoClone()
            // What is not mounted needs no root.
            let free = try scope.image("free.img", in: scene.pool.path, .ext4)
            try Command.run("chown", ["65534", free.string])
            let second = try probe.run(["clone", runtime.string, free.string, scene.destination.string])
            #expect(second.stdout.contains("clone unmounted"), "\(second)")
        }
    }

    @Test("open for writing by another process: refused; on request taken as after a power cut")
    func openForWriting() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let probe = try Probe(scope)
            let image = try scope.image(in: pool.path, .ext4)
            let arguments = [image.string, pool.path.appending("clone").string]
            let holder = try scope.start(Tool(executable: "/bin/sh").invocation(["-c", "exec 3<>\(image); exec sleep 100"]))
            try eventually("it is open") {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(holder.pid)/fd/3")) != nil
            }
            #expect(try probe.run(["clone", probe.runtime.string] + arguments).stdout.contains("error open_for_writing"))
            #expect(access(arguments[1], F_OK) == -1)
            #expect(
                try probe.run(["clone", probe.runtime.string, "--crash"] + arguments).stdout.hasPrefix("freezes \nclone crash 0 plain "))
            holder.end()
            try Command.run("rm", [arguments[1]])
            #expect(try probe.run(["clone", probe.runtime.string] + arguments).stdout.hasPrefix("freezes \nclone unmounted 0 plain "))
            #expect(try Command.outcome("cmp", arguments).succeeded)
        }
    }

    @Test("a mounted image is taken live only on request, without a freeze")
    func crashOfMounted() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            #expect(try scene.clone(["--crash"]).stdout.hasPrefix("freezes \nclone crash 0 plain "))
        }
    }

    @Test("an image replaced by another file while it is mounted")
    func replaced() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let new = try scope.image("new.img", in: scene.pool.path, .xfs)
            try Command.run("mv", [new.string, scene.image.file.string])
            #expect(try scene.clone().stdout.contains("error freeze_refused refused(CloneCore.FreezeRefusal.replacedWhileMounted"))
            try scene.expectNoClone()
        }
    }

    @Test("attached for writing, but not mounted")
    func attached() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            try scene.image.mount.unmount()
            #expect(try scene.clone().stdout.contains("error freeze_refused refused(CloneCore.FreezeRefusal.attachedNotMounted"))
            try scene.expectNoClone()
        }
    }

    @Test("something mounted from the image while the clone was taken: thrown away")
    func mountedMeanwhile() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let probe = try Probe(scope)
            let half = 80 << 20
            let file = try scope.image("two.img", in: pool.path, nil, size: 2 * half)
            let devices = try (0...1).map { try scope.attach(file, LoopOptions(offset: $0 * half, sizeLimit: half)) }
            for device in devices { try Filesystem.ext4.make(on: device.path) }
            try devices[1].detach()
            let first = try scope.mount(devices[0].path, .ext4)
            let clone = pool.path.appending("clone")
            let process = try probe.start(["clone", probe.runtime.string, "--stall", "cloneRange:2:2", file.string, clone.string])
            try probe.waitFor("cloneRange", 2, of: process)
            let second = try scope.attach(file, LoopOptions(offset: half, sizeLimit: half))
            _ = try scope.mount(second.path, .ext4)
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.stdout.contains("windowBroken(CloneCore.BrokenWindow.mountsChanged"), "\(outcome)")
            #expect(access(clone.string, F_OK) == -1)
            first.expectThawed()
        }
    }
}
