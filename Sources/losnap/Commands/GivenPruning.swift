// The rules of the command line, by which a source is pruned instead of its configured policy.

import Automation
import Policy
import Snapshots

/// The rules of the command line.
struct GivenPruning {
    let keep: Keep
    let scope: Scope
    let zone: LocalZone

    func order(for source: Source) -> PruneOrders {
        .prune(PruneRequest(source: source, keep: keep, scope: scope, timeZone: zone.zone), zoneName: zone.name, schedule: nil)
    }
}

extension Session {
    /// The zone of the system, by whose calendar snapshots may be removed: one that is not known is an error.
    func calendarZone() throws(FrontError) -> LocalZone {
        if let problem = localZone.problem { throw .policy(option: "TZ", problem) }
        return localZone
    }
    /// The zone of that name; without one the system's.
    func calendarZone(_ name: String?) throws(FrontError) -> LocalZone {
        guard let name else { return try calendarZone() }
        do { return try LocalZone(named: name) } catch { throw .policy(option: "timezone", error) }
    }
}
