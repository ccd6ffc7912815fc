// Promise P1, the cloner's half: whatever happens to it while frozen, all is thawed at the deadline or at once, and no clone of a
// broken window is left. Limits: the deadline, the promised second, and some seconds for a loaded machine.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

private let slack = Duration.seconds(4)  // the promised second and three for the machine

@Suite("Freeze: a cloner that dies, stops or dawdles", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FreezeBrokenTests {
    @Test(
        "killed at any call, it leaves nothing frozen",
        arguments: [
            "stall:syncFilesystem:1", "stall:rename:1", "stall-after:rename:1", "stall:freeze:1", "stall-after:freeze:1",
            "stall:cloneRange:2", "stall-after:cloneRange:2", "stall:thaw:1", "stall-after:thaw:1",
        ])
    func killed(place: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let parts = place.split(separator: ":").map(String.init)
            let process = try scene.start(["--\(parts[0])", "\(parts[1]):\(parts[2]):600"])
            try scene.probe.waitFor(parts[1], Int(parts[2]) ?? 1, of: process)
            // The first sync comes before there is anything to guard.
            let guardian = parts[1] == "syncFilesystem" ? nil : try guardPID(of: process.pid)
            let isFrozen = place.hasPrefix("stall-after:freeze") || place.contains("cloneRange") || place == "stall:thaw:1"
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs() == isFrozen)
            process.send(SIGKILL)
            #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))
            #expect(try touch.through(within: slack) < .seconds(10))
            if let guardian { try eventually("the guard ends") { !isRunning(guardian) } }
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            // The record is found stale by whoever comes next, and goes.
            _ = try scene.probe.thaw()
            #expect(scene.probe.records.isEmpty)
            #expect(try scene.clone().succeeded)
        }
    }

    @Test(
        "killed between, in and after the freezes of images in one another", arguments: [Filesystem.xfs, .ext4, .btrfs],
        ["stall-after:freeze:1", "stall-after:freeze:2", "stall:thaw:1", "stall:thaw:2"])
    func nestedKilled(inner: Filesystem, place: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .xfs, size: 400 << 20)
            let nested = try scope.mountedImage("inner.img", in: scene.image.path, inner)
            let parts = place.split(separator: ":").map(String.init)
            let process = try scene.start(["--\(parts[0])", "\(parts[1]):\(parts[2]):600"])
            try scene.probe.waitFor(parts[1], Int(parts[2]) ?? 1, of: process)
            let guardian = try guardPID(of: process.pid)
            let touch = try Touch(scope, in: nested.path)
            #expect(touch.hangs())
            process.send(SIGKILL)
            _ = try touch.through(within: slack)
            try eventually("the guard ends") { !isRunning(guardian) }
            #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))
            scene.image.mount.expectThawed()
            nested.mount.expectThawed()
        }
    }

    @Test(
        "stopped while frozen: thawed at the deadline; continued, it reports and leaves no clone",
        arguments: [Filesystem.xfs, .ext4, .btrfs])
    func stopped(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let process = try scene.startStalled(for: 1, ["--deadline", "1000"])
            process.send(SIGSTOP)
            let touch = try Touch(scope, in: scene.image.path)
            _ = try touch.through(within: .seconds(1) + slack)
            #expect(process.poll() == nil)
            process.send(SIGCONT)
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.status == .exited(2))
            #expect(outcome.stdout.contains("error window_broken windowBroken(CloneCore.BrokenWindow.deadline(milliseconds: 1000)"))
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("stopped inside the freeze, before it can say that it froze")
    func stoppedInFreeze() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.start(["--deadline", "1000", "--stall-after", "freeze:1:1"])
            try scene.probe.waitFor("freeze", of: process)
            process.send(SIGSTOP)
            let touch = try Touch(scope, in: scene.image.path)
            _ = try touch.through(within: .seconds(1) + slack)
            usleep(500_000)
            process.send(SIGCONT)
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.stdout.contains("error window_broken"))
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
        }
    }

    @Test("dawdling over the deadline, in any call", arguments: ["freeze:1", "cloneRange:2", "thaw:1"])
    func dawdling(call: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.start(["--deadline", "1000", call == "freeze:1" ? "--stall-after" : "--stall", "\(call):3"])
            try scene.probe.waitFor(String(call.split(separator: ":")[0]), Int(call.split(separator: ":")[1]) ?? 1, of: process)
            let touch = try Touch(scope, in: scene.image.path)
            _ = try touch.through(within: .seconds(1) + slack)
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.stdout.contains("error window_broken windowBroken(CloneCore.BrokenWindow.deadline"))
            try scene.expectNoClone()
            scene.image.mount.expectThawed()
        }
    }

    @Test("dawdling over the deadline before the freeze: it is not frozen any more")
    func lateFreeze() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.start(["--deadline", "500", "--stall", "freeze:1:2"])
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.stdout.contains("error window_broken"))
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
        }
    }

    @Test("somebody else thaws early: refused, no clone")
    func thawedEarly() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 1.5)
            #expect(scene.image.mount.thaw() == 1)
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.stdout.contains("error window_broken windowBroken(CloneCore.BrokenWindow.thawedEarly"))
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test(
        "signals wait until nothing is frozen and no record is left, then take effect",
        arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPWR])
    func signalsWait(signal: Int32) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 1.5)
            process.send(signal)
            #expect(process.waitForEnd(within: .milliseconds(500)) == nil)
            #expect(process.waitForEnd(within: .seconds(10)) == .signalled(signal))
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("Ctrl-Z while frozen stops it only when all is thawed")
    func stopKeyWaits() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 1.5)
            process.send(SIGTSTP)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(processState(process.pid) != "T")
            _ = try touch.through(within: .seconds(2) + slack)
            try eventually("it stops") { processState(process.pid) == "T" }
            scene.image.mount.expectThawed()
            process.send(SIGCONT)
            #expect(process.finish(within: .seconds(20)).succeeded)
        }
    }
}
