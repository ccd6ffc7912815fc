// The real program on real filesystems, struck by every signal between every two system calls (promises P1 and P2). The rule: a run of
// the tests tries a sample, a long one every point.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Killed at the n-th system call", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 240 : 15)))
struct KillTests {
    @Test("losnap, by any signal, or with its guard", arguments: KillLayout.allCases)
    func program(layout: KillLayout) throws {
        try KillScene.with(layout) { scene in
            let turn = KillLayout.allCases.firstIndex(of: layout) ?? 0
            let plan = try KillPlan(calls: scene.tracer.calls(scene.create), turn: turn, sample: 5)
            for (done, blow) in plan.blows.enumerated() {
                if done % 100 == 0 { LongRun.tell("\(layout): \(done) of \(plan.blows.count) blows, frozen \(plan.window)") }
                let what = "\(layout), \(blow.manner) at \(blow.place), of \(plan.total), seed \(plan.seed)"
                try scene.expectSafe(blow, what)
            }
            LongRun.tell("\(layout): \(plan.blows.count) blows at \(plan.total) points, frozen \(plan.window)")
        }
    }

    @Test("the guard alone, killed or stopped: losnap goes on, or says why not", arguments: [KillLayout.ext4, .nested])
    func guardian(layout: KillLayout) throws {
        try KillScene.with(layout) { scene in
            let total = try scene.tracer.calls(scene.create, of: .guardian).count
            let points = TestLength.isLong ? Array(1...total) : [Int.random(in: 1...total), Int.random(in: total / 2...total)]
            for point in points {
                for signal in [SIGKILL, SIGSTOP] {
                    let what = "\(layout), the guard at point \(point) of \(total), signal \(signal)"
                    let blow = CallTracer.Blow(at: point, signal: signal, target: .guardian)
                    try scene.expectSafe(blow, continuing: point % 2 == 0, what) { report, _ in
                        // Killed before it was ready, nothing has been frozen; else all is as ever.
                        #expect([.exited(0), .exited(75)].contains(report.ended), "\(what): \(report)")
                    }
                }
            }
            LongRun.tell("guard killed: \(layout): \(2 * total) blows")
        }
    }
}
