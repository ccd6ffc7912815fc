// Promise P1, the guard's half: what it is, what becomes of a clone without it, and what is left when both are killed at once.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

private let slack = Duration.seconds(4)

@Suite("Guard", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct GuardTests {
    @Test("it has the descriptors it needs and no other, a session of its own, and ignores signals")
    func surroundings() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 3)
            let guardian = try guardPID(of: process.pid)
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(guardian)/fd").sorted()
            let targets = try descriptors.map { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(guardian)/fd/\($0)") }
            #expect(descriptors == ["0", "1", "2", "3", "4", "5"])
            #expect(targets[0].hasPrefix("pipe:") && targets[1] == "anon_inode:[pidfd]")
            let name = try #require(scene.probe.records.first)
            let record = scene.runtime.appending("frozen").appending(name)
            let lock = scene.runtime.appending("lock/filesystem-\(name)")
            #expect(targets[2...] == [record.removingLastComponent().string, scene.image.path.string, record.string, lock.string])
            #expect(getsid(guardian) == guardian)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(guardian)/cwd") == "/")
            for signal in [SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGUSR1, SIGPIPE] { kill(guardian, signal) }
            usleep(200_000)
            #expect(processState(guardian) == "S")
            #expect(process.finish(within: .seconds(20)).succeeded)
            #expect(!isRunning(guardian))
        }
    }

    @Test("signals to the whole process group of the cloner do not reach it")
    func groupSignals() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 600)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs())
            process.send(SIGKILL, to: .group)
            _ = try touch.through(within: slack)
        }
    }

    @Test("killed, the cloner still thaws and succeeds")
    func killed() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 1)
            kill(try guardPID(of: process.pid), SIGKILL)
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.stdout.contains("clone frozen"))
            scene.image.mount.expectThawed()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("killed, and the cloner over its deadline: refused all the same")
    func killedAndLate() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 2, ["--deadline", "500"])
            kill(try guardPID(of: process.pid), SIGKILL)
            #expect(process.finish(within: .seconds(20)).stdout.contains("error window_broken"))
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
        }
    }

    @Test("it can't be had: refused, and nothing was frozen")
    func none() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe")
            // It needs some descriptors above the parent's.
            let outcome = try Tool(executable: "/usr/bin/prlimit").run([
                "--nofile=40:40", probe.string, "clone", scene.runtime.string, scene.image.file.string, scene.destination.string,
            ])
            #expect(outcome.stdout.contains("error no_guard"), "\(outcome)")
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test(
        "stopped before it is ready: refused after a while, and no guard is left",
        .enabled(if: Command.find("strace") != nil, "needs strace"))
    func stoppedEarly() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe").string
            let strace = try #require(Command.find("strace"))
            // Only the guard locks its memory.
            let stopping = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=mlockall", "-e", "inject=mlockall:signal=SIGSTOP"]
            let arguments = ["clone", scene.runtime.string, scene.image.file.string, scene.destination.string]
            let process = try scope.start(Tool(executable: strace).invocation(stopping + [probe] + arguments))
            let outcome = process.finish(within: .seconds(60))
            #expect(outcome.stdout.contains("error no_guard"), "\(outcome)")
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("stopped, it does not hang the cloner at the end")
    func stopped() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 0.5)
            let guardian = try guardPID(of: process.pid)
            kill(guardian, SIGSTOP)
            #expect(process.finish(within: .seconds(20)).succeeded)
            #expect(!isRunning(guardian))
            scene.image.mount.expectThawed()
        }
    }

    @Test(
        "the cloner killed or stopped for good: the records go with the freeze, and what somebody else freezes later stays frozen",
        arguments: [SIGKILL, SIGSTOP])
    func recordsGo(signal: CInt) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 400 << 20)
            let nested = try scope.mountedImage("inner.img", in: scene.image.path, .ext4)
            let process = try scene.startStalled(for: 600, ["--deadline", "2000"])
            let guardian = try guardPID(of: process.pid)
            #expect(scene.probe.records.count == 2)
            process.send(signal)
            try eventually("the guard has ended") { !isRunning(guardian) }
            #expect(scene.probe.records.isEmpty)
            process.send(SIGKILL)
            #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))

            try nested.mount.freeze()
            let losnap = try scope.sandbox().losnap
            let outcome = try losnap.run(["list"], environment: ["LOSNAP_RUNTIME_DIR": scene.runtime.string])
            #expect(outcome.succeeded && outcome.stderr.isEmpty, "\(outcome)")
            #expect(nested.mount.thaw() == 1, "it was still frozen")
            scene.image.mount.expectThawed()
        }
    }

    @Test("the record of a losnap that has frozen the same filesystem since is not the guard's to remove")
    func recordOfAnother() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 600)
            let guardian = try guardPID(of: process.pid)
            let name = try #require(scene.probe.records.first)
            let file = scene.runtime.appending("frozen").appending(name)
            let text = try String(contentsOfFile: file.string, encoding: .utf8)
            #expect(text.contains("\nprocess \(guardian) "))
            try scope.write(text.replacing("\nprocess \(guardian) ", with: "\nprocess 1\(guardian) "), to: file)
            process.send(SIGKILL)
            try eventually("the guard has ended") { !isRunning(guardian) }
            #expect(scene.probe.records == [name])
            #expect(try scene.probe.thaw() == "stale \(scene.image.path)\n")
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("stopped over the deadline, thawed by the guard, frozen by somebody else, continued: theirs stays frozen")
    func foreignFreezeMeanwhile() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 400 << 20)
            let nested = try scope.mountedImage("inner.img", in: scene.image.path, .xfs)
            let process = try scene.startStalled(for: 4, ["--deadline", "1000"])
            let guardian = try guardPID(of: process.pid)
            process.send(SIGSTOP)
            try eventually("the guard has ended") { processState(guardian) == "Z" || !isRunning(guardian) }
            try nested.mount.freeze()
            let touch = try Touch(scope, in: nested.path)
            #expect(touch.hangs())
            process.send(SIGCONT)
            #expect(process.finish(within: .seconds(20)).stdout.contains("error window_broken"))
            #expect(touch.hangs())
            #expect(nested.mount.thaw() == 1, "it was still frozen, once")
            _ = try touch.through(within: slack)
            scene.image.mount.expectThawed()
        }
    }

    @Test("its records are no other's to remove, and nobody gets its locks while anything is frozen")
    func locksWhileFrozen() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 600)
            let guardian = try killBesideStoppedGuard(process)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs())
            // Its parent is dead, and it has not thawed yet: whoever comes must wait.
            #expect(try scene.probe.thaw() == "inUse \(scene.image.path)\n")
            #expect(try scene.clone().stdout.contains("error locked"))
            #expect(touch.hangs() && scene.probe.records.count == 1)
            kill(guardian, SIGCONT)
            _ = try touch.through(within: slack)
            try eventually("the guard ends") { !isRunning(guardian) }
            #expect(scene.probe.records.isEmpty)
            #expect(try scene.clone().succeeded)
        }
    }
}
