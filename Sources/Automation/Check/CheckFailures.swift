// The failed runs that a check reports, and when each is tried again. The rule: a failure is reported until a run succeeds, until nothing is left to
// prune, or until it is too old to matter.

import CloneCore
import Configuration
import Policy
import Snapshots
import SystemPackage

extension ConfiguredSources {
    /// Puts the failures into the facts.
    ///
    /// - Parameters:
    ///   - chosen: what the facts are about, in the same order.
    ///   - runs: when each source was last seen to.
    ///   - successes: the same as the check sees it, of the chosen ones.
    func addFailures(
        _ chosen: [CheckCandidate], _ runs: [Identifier: LastRun], _ successes: [Identifier: Instant], _ facts: inout [SourceFacts],
        in store: Store?, now: Instant
    ) throws(SnapshotsError) {
        guard let store else { return }
        // A run that goes on failing goes on saying so: what nobody has said for a month, or of a source that has no successes of its own since the
        // last success of any, is over.
        let month = now.advanced(byMilliseconds: -31 * 86_400_000)
        let newest = runs.values.compactMap(\.latest).max() ?? .earliest
        var since = successes
        for candidate in chosen where candidate.schedule == nil {
            if let source = candidate.source { since[source.id] = max(since[source.id] ?? .earliest, newest, month) }
        }
        var failures = try store.catalogue.runFailures(since: since)
        var others: [Identifier: Instant] = [:]
        for source in chosen.compactMap(\.source) {
            guard let event = failures[source.id], event.runStage == .prune, try isOver(event, of: source, in: store) else { continue }
            failures[source.id] = nil
            others[source.id] = since[source.id]
        }
        failures.merge(try store.catalogue.runFailures(since: others, besides: .prune)) { $1 }
        let nameless = try store.catalogue.runFailuresWithoutSource(since: month)
        for (index, candidate) in chosen.enumerated() where !candidate.isGone {
            var event = candidate.source.flatMap { failures[$0.id] }
            if let other = nameless.first(where: { $0.key.text == candidate.name })?.value,
                other.occasion.at > max(facts[index].lastSuccess ?? .earliest, event?.occasion.at ?? .earliest)
            {
                event = other
            }
            facts[index].failure = event.map { FailedRun(at: $0.occasion.at, reason: $0.occasion.reason) }
        }
        if facts.contains(where: { $0.failure != nil }) { try addRetries(chosen, runs, &facts, in: store, now: now) }
    }

    /// Whether a pruning that failed has nothing left to do, or has removed something since.
    private func isOver(_ failure: Event, of source: Source, in store: Store) throws(SnapshotsError) -> Bool {
        let filter = EventFilter(sources: [source.id], since: failure.occasion.at.advanced(byMilliseconds: 1), kind: .pruned, last: 1)
        if try !store.catalogue.events(filter).isEmpty { return true }
        guard case .prune(let request, _, _)? = try? pruneOrder(for: source) else { return false }
        return try store.haveRemovals([request]) == [false]
    }

    /// Puts in what the next run makes of the failures: its plan says that.
    private func addRetries(
        _ chosen: [CheckCandidate], _ runs: [Identifier: LastRun], _ facts: inout [SourceFacts], in store: Store, now: Instant
    ) throws(SnapshotsError) {
        // What is wrong with the configuration has been found already.
        guard let plan = try? runPlan(.all, known: try store.catalogue.sources(.inUse), lastRuns: runs, now: now) else { return }
        var retries: [FilePath: Retry] = [:]
        for unit in try plan.waiting(.all, by: store.catalogue).units {
            guard let failures = unit.failures else { continue }
            let next: Instant? = if case .waiting(let end) = unit.state { end } else { nil }
            for target in unit.targets { retries[target.image] = Retry(failures: failures, next: next) }
        }
        for (index, candidate) in chosen.enumerated() { facts[index].retry = retries[candidate.image] }
    }
}
