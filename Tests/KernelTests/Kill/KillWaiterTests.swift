// The real program, struck between two system calls while another losnap waits for it (promise P1). The rule: nothing stays frozen, the one that waited
// takes its snapshot, and its freeze is thawed by nobody else.

import SystemPackage
import TestSupport
import Testing

@Suite("Killed while another waits", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 300 : 15)))
struct KillWaiterTests {
    @Test("at the n-th system call, by a signal, with its guard, or with its control group", arguments: KillLayout.allCases)
    func beside(layout: KillLayout) throws {
        try KillScene.with(layout) { scene in
            let turn = KillLayout.allCases.firstIndex(of: layout) ?? 0
            let plan = try KillPlan(calls: scene.tracer.calls(scene.create), turn: turn, sample: 4)
            var random = Seeded(plan.seed)
            let kinds = KillWaiter.allCases.filter { $0.fits(layout) }
            let waiters = try kinds.map { try WaitingLosnap(scene, $0) }
            let group = try ControlGroup(scene.scope)
            let manners = WaitedManner.allCases
            for (done, blow) in plan.blows.enumerated() {
                let waiter = waiters[(done + turn) % waiters.count]
                let manner = TestLength.isLong ? manners[done % manners.count] : manners.randomElement(using: &random) ?? .killBoth
                let what = "\(layout), \(manner) at \(blow.place), of \(plan.total), beside \(waiter.waiter), seed \(plan.seed)"
                try scene.expectSafe(blow, manner, beside: waiter, in: group, what)
                if done % 100 == 0 { LongRun.tell("\(layout), another waits: \(done) of \(plan.blows.count) blows") }
            }
            LongRun.tell("\(layout), another waits: \(plan.blows.count) blows at \(plan.total) points, frozen \(plan.window)")
        }
    }
}
