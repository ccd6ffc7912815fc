// What a losnap leaves for another one that waits for it already (promise P1). The rule: the one that waits settles what it finds once it
// has the lock, for it has looked before; and a guard that is not done keeps it waiting.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Another waits", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct GuardWaiterTests {
    /// Who waits for the frozen image.
    enum Other: CaseIterable, Sendable { case create, group, run, inner }

    @Test(
        "losnap and guard killed together while another waits: that one thaws, or the next, and it takes its snapshot",
        arguments: Other.allCases)
    func bothKilled(other: Other) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 400 << 20)
            let inner = try scope.mountedImage("inner.img", in: scene.image.path, .ext4)
            let waiter = try invocation(other, scene, inner, scope)
            let process = try scene.startStalled(for: 600, ["--deadline", "60000"])
            #expect(scene.probe.records.count == 2)
            let waiting = try scope.start(waiter)
            try eventually("it waits", within: .seconds(30)) { waiting.poll() != nil || holdsLockFile(waiting.pid) }
            #expect(waiting.waitForEnd(within: .milliseconds(500)) == nil)
            let touches = try [Touch(scope, in: scene.image.path), Touch(scope, in: inner.path)]
            #expect(touches.allSatisfy { $0.hangs() })

            try killBoth(process)
            if other == .inner {
                // It writes to the frozen outer filesystem before it waits for the image's lock, so it cannot thaw; it must not keep
                // others from it.
                #expect(try scene.probe.thaw().contains("thawed \(scene.image.path)\n"))
            }
            let outcome = waiting.finish(within: .seconds(60))
            #expect(outcome.succeeded, "\(outcome)")
            for touch in touches { _ = try touch.through(within: .seconds(5)) }
            #expect(scene.probe.records.isEmpty)
            #expect(try scene.probe.thaw() == "")
            scene.image.mount.expectThawed()
            inner.mount.expectThawed()
        }
    }

    private func invocation(_ other: Other, _ scene: FreezeScene, _ inner: MountedImage, _ scope: TestScope) throws -> Invocation {
        var sandbox = try scope.sandbox().losnap
        sandbox.environment["LOSNAP_RUNTIME_DIR"] = scene.runtime.string
        let image = scene.image.file.string
        switch other {
        case .create: return sandbox.invocation(["create", image, "--wait"])
        case .inner:
            // Its snapshot directory is made before it waits for locks, and lies on what is frozen.
            let first = try sandbox.run(["create", inner.file.string])
            try #require(first.succeeded, "\(first)")
            return sandbox.invocation(["create", "inner", "--wait"])
        case .group: return sandbox.invocation(["create", image, try scope.plainImage("plain.img", in: scene.pool.path).string, "--wait"])
        case .run:
            let configuration = FilePath(sandbox.environment["LOSNAP_CONFIG"] ?? "")
            try scope.write(
                "policies: { all: { keep: { last: 9 } } }\nsources: { home: { image: \(image), every: 1h, policy: all } }\n",
                to: configuration)
            return sandbox.invocation(["run"])
        }
    }

    @Test(
        "losnap killed when it had just thawed: its guard does not thaw the freeze of the one that waited",
        arguments: [Filesystem.xfs, .ext4])
    func guardThawsOnlyItsOwn(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let process = try scene.start(["--deadline", "60000", "--stall-after", "thaw:1:600"])
            try scene.probe.waitFor("thaw", of: process)
            let guardian = try guardPID(of: process.pid)
            let second = scene.pool.path.appending("second.img")
            let waiting = try scene.probe.start([
                "clone", scene.runtime.string, "--wait", "--stall", "cloneRange:2:2", scene.image.file.string, second.string,
            ])
            try eventually("it waits", within: .seconds(30)) { waiting.poll() != nil || holdsLockFile(waiting.pid) }

            kill(guardian, SIGSTOP)
            try eventually("the guard is stopped") { processState(guardian) == "T" }
            process.send(SIGKILL)
            #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))
            // Nothing keeps it from freezing now but locks that the guard holds.
            let marker = scene.runtime.appending("at-cloneRange-2").string
            let end = ContinuousClock.now + .milliseconds(1500)
            while access(marker, F_OK) != 0, ContinuousClock.now < end { usleep(2000) }
            kill(guardian, SIGCONT)

            let outcome = waiting.finish(within: .seconds(60))
            #expect(outcome.stdout.contains("clone frozen"), "\(outcome)")
            try eventually("the guard has ended") { !isRunning(guardian) }
            #expect(scene.probe.records.isEmpty)
            scene.image.mount.expectThawed()
        }
    }
}
