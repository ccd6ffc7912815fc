// The real program, struck between two system calls while another losnap waits for it (promise P1). The rule: nothing stays frozen, the
// one that waited takes its snapshot, and its freeze is thawed by nobody else.

import SystemPackage
import TestSupport
import Testing

@Suite("Killed while another waits", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 300 : 15)))
struct KillWaiterTests {
    @Test("at the n-th system call, by a signal, with its guard, or with its control group", arguments: KillLayout.allCases)
    func beside(layout: KillLayout) throws {
        try KillScene.with(layout) { scene in
            let turn = KillLayout.allCases.firstIndex(of: layout) ?? 0
            let plan = try KillPlan(calls: scene.tracer.calls(scene.create), turn: turn, sample: 1)
            let kinds = KillWaiter.allCases.filter { $0.fits(layout) }
            let waiters = try kinds.map { try WaitingLosnap(scene, $0) }
            let group = try ControlGroup(scene.scope)
            let blows = Self.blows(plan)
            for (done, (blow, manner)) in blows.enumerated() {
                let waiter = waiters[(done + turn) % waiters.count]
                let what = "\(layout), \(manner) at \(blow.place), of \(plan.total), beside \(waiter.waiter), seed \(plan.seed)"
                try scene.expectSafe(blow, manner, beside: waiter, in: group, what)
                if done % 100 == 0 { LongRun.tell("\(layout), another waits: \(done) of \(blows.count) blows") }
            }
            LongRun.tell("\(layout), another waits: \(blows.count) blows at \(plan.total) points, frozen \(plan.window)")
        }
    }

    /// In a long run every point; else four, where nobody is left to thaw, where the guard is, near the window, and anywhere.
    private static func blows(_ plan: KillPlan) -> [(KillBlow, WaitedManner)] {
        let manners = WaitedManner.allCases
        if TestLength.isLong { return plan.blows.enumerated().map { ($1, manners[$0 % manners.count]) } }
        var random = Seeded(plan.seed)
        func blow(_ points: Range<Int>, fromFork: Bool, _ manners: [WaitedManner]) -> (KillBlow, WaitedManner) {
            let point = Int.random(in: points, using: &random)
            return (KillBlow(point: point, fromFork: fromFork, manner: .kill), manners.randomElement(using: &random) ?? .kill)
        }
        return [
            blow(plan.window, fromFork: true, [.killBoth, .killControlGroup]), blow(plan.window, fromFork: true, [.kill, .stopThenKill]),
            blow(1..<plan.window.upperBound + 20, fromFork: true, manners), blow(1..<plan.total, fromFork: false, manners),
        ]
    }
}
