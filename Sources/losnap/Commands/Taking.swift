// What `create` takes with: the store, the sources with what holds for each, and what their hooks are given. The rule: whatever became of a
// taking is told once; a hook that failed although there are snapshots is the caller's to tell last.

import Automation
import Snapshots

/// Sources that are about to be taken, once or twice.
struct Taking {
    let store: Store
    var orders: [TakeOrder]
    let surroundings: HookSurroundings

    /// Takes, and tells the warnings. Throws what kept the snapshots from being taken.
    func take(_ request: CreateRequest, _ session: Session) throws -> (report: CreateReport, hookFailure: HookFailure?) {
        let outcome = store.take(orders, request, surroundings)
        let report = try session.report(of: outcome)
        report.warnings.map(Warning.init).forEach(session.warn)
        return (report, outcome.hookFailures.first)
    }

    /// The same with the sources as they are now: they may have been renamed or moved since, or registered.
    func renewed() throws -> Taking {
        var renewed = self
        for index in orders.indices {
            if let source = try store.catalogue.source(id: orders[index].source.id) { renewed.orders[index].source = source }
        }
        return renewed
    }
}
