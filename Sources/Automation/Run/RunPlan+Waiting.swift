// What a plan leaves alone for a while, because taking it has failed. The rule: the log is asked about what is due alone, in one question for all, so that
// a run with nothing due asks nothing; a group fails and waits as one.

import Configuration
import Policy
public import Snapshots

extension RunPlan {
    /// The plan after a look into the log: what has failed waits, unless it was named. What did not fail is as it was.
    ///
    /// - Parameter selection: what the plan was made for. What somebody names is tried at once.
    public func waiting(_ selection: RunSelection, by catalogue: Catalogue) throws(SnapshotsError) -> RunPlan {
        var failures = KnownFailures()
        failures.bySource = try catalogue.takeFailures(since: dueSince, now: now)
        if units.contains(where: { $0.state.isDue && $0.targets.contains { $0.source == nil } }) {
            failures.byName = try catalogue.takeFailuresWithoutSource(since: dayAgo, now: now)
        }
        return waiting(failures, isNamed: !selection.references.isEmpty)
    }

    /// The same with what the log says.
    func waiting(_ failures: KnownFailures, isNamed: Bool) -> RunPlan {
        var plan = self
        for index in units.indices where units[index].state.isDue {
            let targets = units[index].targets
            guard let common = TakeFailures(of: targets.compactMap(failures.of)) else { continue }
            plan.units[index].failures = common
            if isNamed { continue }
            let states = targets.compactMap { target in
                target.configured.entry.schedule.flatMap { target.own?.putOff(by: common, of: $0, now: now, in: target.zone) }
            }
            plan.units[index].state = DueState(of: states) ?? units[index].state
        }
        return plan
    }

    /// Since when failures count, for each source that is due: its last success, but no longer than a month. Of a success in the future, by a clock
    /// that was wrong, nothing is since then; a day must do.
    var dueSince: [Identifier: Instant] {
        let monthAgo = now.advanced(byMilliseconds: -31 * 86_400_000)
        var since: [Identifier: Instant] = [:]
        for unit in units where unit.state.isDue {
            for target in unit.targets {
                guard let source = target.source else { continue }
                let isBehind = if case .due(.clockBehind) = target.own { true } else { false }
                since[source.id] = isBehind ? dayAgo : max(target.last ?? .earliest, monthAgo)
            }
        }
        return since
    }

    private var dayAgo: Instant { now.advanced(byMilliseconds: -86_400_000) }
}

/// What the log says of failed takings.
struct KnownFailures {
    /// Of sources of the catalogue.
    var bySource: [Identifier: TakeFailures] = [:]
    /// Of what was never taken.
    var byName: [SourceName: TakeFailures] = [:]

    func of(_ target: RunTarget) -> TakeFailures? {
        if let source = target.source { return bySource[source.id] }
        return (try? SourceName(parsing: target.name)).flatMap { byName[$0] }
    }
}

extension TakeFailures {
    /// Those of a group, which fails as one: what most of its images know. Nil without any.
    init?(of members: [TakeFailures]) {
        guard let last = members.map(\.last).max(), let count = members.map(\.count).max() else { return nil }
        self.init(count: count, last: last)
    }
}
