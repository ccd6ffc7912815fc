// Who uses a policy: the configured sources, put together where schedule and zone are the same, for these lead to the same snapshots.

import Automation
import Configuration
import Policy

/// Sources with one policy, one schedule and one zone.
struct PolicyUse {
    /// When they are taken; nil: never by themselves.
    let schedule: Schedule?
    let zone: NamedZone
    /// The names of their entries.
    var sources: [String]

    /// Those of a policy, in the order of the configuration.
    static func all(of policy: ConfiguredPolicy, in configured: ConfiguredSources) throws(AutomationError) -> [PolicyUse] {
        var uses: [PolicyUse] = []
        for source in configured.configuration.sources where source.policy == policy.name {
            let zone = try configured.zone(of: source)
            if let index = uses.firstIndex(where: { $0.schedule == source.schedule && $0.zone.name == zone.name }) {
                uses[index].sources.append(source.name)
            } else {
                uses.append(PolicyUse(schedule: source.schedule, zone: zone, sources: [source.name]))
            }
        }
        return uses
    }
}

extension FoundConfiguration {
    /// The policy of that name.
    func policy(named name: String) throws(FrontError) -> ConfiguredPolicy {
        if let policy = configuration.policy(name) { return policy }
        throw .unknownPolicy(name, nearest: Suggestion.all(near: name, among: configuration.policies.map(\.name)))
    }
}
