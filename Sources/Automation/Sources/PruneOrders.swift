// By which configured policy a source is pruned. The rule: all of it is known before anything is removed.

import Configuration
public import Policy
public import Snapshots

/// What is to be done with one source.
public enum PruneOrders: Sendable {
    /// Prune it; the calendar's zone has this name, and the schedule is when it is taken, if that is configured.
    case prune(PruneRequest, zoneName: String, schedule: Schedule?)
    /// Leave it alone, for this reason.
    case refused(Source, AutomationError)
}

extension ConfiguredSources {
    /// How the source is pruned by its configured policy. Throws ``AutomationError/noRules(source:)`` if it has none.
    public func pruneOrder(for source: Source) throws(AutomationError) -> PruneOrders {
        switch match(source) {
        case .contradiction(let error): return .refused(source, error)
        case .none: throw .noRules(source: source.name.text)
        case .entry(let entry):
            guard let name = entry.policy, let policy = configuration.policy(name) else { throw .noRules(source: source.name.text) }
            let zone = try zone(of: entry)
            let request = PruneRequest(
                source: source, keep: policy.keep, scope: policy.scope, timeZone: zone.zone, policyName: name, safetyFor: .sevenDays)
            return .prune(request, zoneName: zone.name, schedule: entry.schedule)
        }
    }
}
