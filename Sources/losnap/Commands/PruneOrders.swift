// By which rules a source is pruned: those of the command line, or its configured policy. The rule: all of it is known before anything is removed.

import Configuration
import Policy
import Snapshots
import SystemPackage

/// What is to be done with one source.
enum PruneOrders {
    /// Prune it; the calendar's zone has this name, and the schedule is when it is taken, if that is configured.
    case prune(PruneRequest, zoneName: String, schedule: Schedule?)
    /// Leave it alone, for this reason.
    case refused(Source, FrontError)
}

/// The rules of the command line.
struct GivenPruning {
    let keep: Keep
    let scope: Scope
    let zone: LocalZone

    func order(for source: Source) -> PruneOrders {
        .prune(PruneRequest(source: source, keep: keep, scope: scope, timeZone: zone.zone), zoneName: zone.name, schedule: nil)
    }
}

/// The configured policies.
struct ConfiguredPruning {
    private let configuration: LosnapConfiguration
    private let session: Session

    init(_ configuration: LosnapConfiguration, _ session: Session) {
        self.configuration = configuration
        self.session = session
    }

    /// Whether any source has a policy.
    var hasRules: Bool { configuration.sources.contains { $0.policy != nil } }

    private func match(_ source: Source) -> ConfiguredMatch {
        ConfiguredMatch(source, in: configuration) { session.resolved($0.string) }
    }

    func isConfigured(_ source: Source) -> Bool { match(source).isConfigured }

    func order(for source: Source) throws(FrontError) -> PruneOrders {
        switch match(source) {
        case .contradiction(let error): return .refused(source, error)
        case .none: throw .noRules(source: source.name.text)
        case .entry(let entry):
            guard let name = entry.policy, let policy = configuration.policy(name) else { throw .noRules(source: source.name.text) }
            let zone = try session.calendarZone(entry.timeZone ?? policy.timeZone)
            let request = PruneRequest(
                source: source, keep: policy.keep, scope: policy.scope, timeZone: zone.zone, policyName: name, safetyFor: .sevenDays)
            return .prune(request, zoneName: zone.name, schedule: entry.schedule)
        }
    }

    /// The configured sources that the catalogue does not have.
    func notRegistered(_ known: [Source]) -> [Warning] {
        configuration.sources.compactMap { entry in
            guard entry.policy != nil, case .one(let path) = entry.image.resolved({ session.resolved($0.string) }),
                !known.contains(where: { $0.name.text == entry.name || $0.imagePath == path })
            else { return nil }
            return .notRegistered(entry.name, image: path.string)
        }
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
