// Killed, or over the deadline, inside FIFREEZE itself, which neither a signal nor FITHAW ends: FITHAW answers EINVAL or waits, and the freeze
// completes afterwards. The rule: the guard goes on until that freeze is undone, too.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Inside FIFREEZE", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct InsideFreezeTests {
    enum Event: CaseIterable, Sendable { case killed, late, lateAndKilled, stopped }

    @Test("what is frozen in the end is thawed", arguments: [Filesystem.xfs, .ext4, .btrfs], Event.allCases)
    func event(kind: Filesystem, event: Event) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind, size: 640 << 20)
            let process = try scene.start(["--deadline", event == .killed ? "9000" : "1200", "--stall", "freeze:1:1"])
            try scene.probe.waitFor("freeze", of: process)
            // What it had synced is dirty again, so that the freeze takes its time.
            let file = "of=\(scene.image.path.appending("dirty"))"
            try Command.run("dd", ["if=/dev/zero", file, "bs=1M", "count=160", "status=none"], within: .seconds(60))
            try eventually("it freezes", within: .seconds(20)) { isFreezing(process.pid) || process.poll() != nil }
            let touch = try Touch(scope, in: scene.image.path)
            switch event {
            case .killed: process.send(SIGKILL)
            case .late: break
            case .lateAndKilled:
                usleep(300_000)
                process.send(SIGKILL)
            case .stopped: process.send(SIGSTOP)
            }
            _ = try touch.through(within: .seconds(20))
            if event == .stopped {
                // It has not come back from FIFREEZE as far as it can tell; the guard looks after it until it is dead.
                process.send(SIGKILL)
            }
            let outcome = process.finish(within: .seconds(30))
            #expect(outcome.status != .exited(0) || outcome.stdout.contains("clone frozen"), "\(outcome)")
            try eventually("the record is gone") { scene.probe.records.isEmpty }
            _ = try Touch(scope, in: scene.image.path).through(within: .seconds(10))
            scene.image.mount.expectThawed()
            if outcome.status != .exited(0) { try scene.expectNoClone() }
        }
    }

    /// proc_pid_syscall(5): the call that it is in, ioctl with FIFREEZE.
    private func isFreezing(_ pid: pid_t) -> Bool {
        guard let words = try? String(contentsOfFile: "/proc/\(pid)/syscall", encoding: .utf8) else { return false }
        return words.contains(" 0xc0045877 ")
    }
}
