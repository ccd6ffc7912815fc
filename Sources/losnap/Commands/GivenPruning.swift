// The rules of the command line, by which a source is pruned instead of its configured policy.

import Automation
import Policy
import Snapshots

/// The rules of the command line.
struct GivenPruning {
    let keep: Keep
    let scope: Scope
    let zone: NamedZone

    func order(for source: Source) -> PruneOrders {
        .prune(PruneRequest(source: source, keep: keep, scope: scope, timeZone: zone.zone), zoneName: zone.name, schedule: nil)
    }
}

extension Session {
    /// The zone of the system, by whose calendar snapshots may be removed: one that is not known is an error.
    func calendarZone() throws(FrontError) -> NamedZone {
        do { return try localZone.get() } catch { throw .policy(option: "TZ", error) }
    }

    /// The zone that is named with `--timezone`; nil: none is.
    func calendarZone(option name: String?) throws(FrontError) -> NamedZone? {
        guard let name else { return nil }
        do { return try NamedZone(named: name) } catch { throw .policy(option: "--timezone", error) }
    }
}
