// Pruning: from a source's snapshots and rules to a plan, and from the plan to files that are gone. The rule: judged are only snapshots
// whose files were just seen, so that a missing one never takes the place of a real one; a source whose pool is not there is left alone.

import CloneCore
import Policy
import SystemPackage

extension Store {
    /// What pruning would do now. Changes nothing.
    ///
    /// - Throws: ``SnapshotsError/noRules(name:)``, ``SnapshotsError/rulesMatchNothing(name:removals:)``,
    ///   ``SnapshotsError/unavailable(number:path:)``.
    public func planPrune(_ request: PruneRequest) throws(SnapshotsError) -> PrunePlan {
        guard !request.keep.isEmpty else { throw .noRules(name: request.source.name) }
        let now = now
        let listed = measure(try catalogue.snapshots(.complete(of: request.source.id)))
        if let lost = listed.first(where: { $0.presence == .unavailable }) {
            // Says why, if there is more to say than that.
            _ = try presentPlace(of: lost.snapshot)
            throw .unavailable(number: lost.snapshot.number, path: lost.snapshot.path ?? lost.snapshot.directory.path)
        }
        let judgement = judge(
            listed.map { Candidate($0, now: now) }, keep: request.keep, scope: request.scope, now: now, timeZone: request.timeZone,
            safetyFor: request.safetyFor)
        var plan = PrunePlan(
            source: request.source, now: now, timeZone: request.timeZone, policyName: request.policyName, keep: request.keep,
            reach: judgement.reach, kept: [], removed: [], outOfScope: [],
            warnings: judgement.warnings.map { .policy(message: $0.message, hint: $0.hint) }, reclaimableBytes: nil)
        for (snapshot, verdict) in zip(listed, judgement.verdicts) {
            switch verdict {
            case .keep(let reasons): plan.kept.append(KeptSnapshot(snapshot: snapshot, reasons: reasons))
            case .remove: plan.removed.append(snapshot)
            case .outOfScope: plan.outOfScope.append(snapshot)
            case .incomplete:
                let path = snapshot.snapshot.path ?? snapshot.snapshot.directory.path
                plan.warnings.append(.missing(snapshot.snapshot.number, path: path.string))
            }
        }
        if judgement.matchesNothing, !request.isForced {
            throw .rulesMatchNothing(name: request.source.name, removals: plan.removed.count)
        }
        if request.measuresReclaim { plan.reclaimableBytes = reclaimableBytes(plan) }
        return plan
    }

    /// Mends, plans and removes, under the source's locks.
    public func prune(_ request: PruneRequest) throws(SnapshotsError) -> PruneReport {
        guard !request.keep.isEmpty else { throw .noRules(name: request.source.name) }
        let held = try openPlaces(of: request.source)
        var warnings: [StoreWarning] = []
        defer { withExtendedLifetime(held.locks) {} }
        for place in held.places { warnings += try reconcileUnfinished(of: request.source.id, in: place) }
        let plan = try planPrune(request)
        let reason = request.policyName.map { "policy \($0): no rule keeps it" } ?? "no rule keeps it"
        var report = PruneReport(plan: plan, removed: [], failed: [], warnings: openingWarnings + warnings + plan.warnings)
        for place in held.places {
            let going = plan.removed.filter { $0.snapshot.directory == place.directory }
            let outcome = remove(going, in: place) { _ in Removal(kind: .pruned, reason: reason, command: options.command) }
            report.removed += outcome.removed
            report.failed += outcome.failed
            report.warnings += outcome.warnings
        }
        return report
    }
}

extension Store {
    /// Opens and locks every directory in which a source has snapshots. One that is not there has nothing to be changed.
    private func openPlaces(of source: Source) throws(SnapshotsError) -> (places: [SnapshotPlace], locks: [FileLock]) {
        let directories = Set(try catalogue.snapshots(SnapshotFilter(sources: [source.id])).map(\.directory))
        let places = directories.sorted { $0.path.string < $1.path.string }.compactMap { directory in
            if case .identified(let place) = place(of: directory, source: source.id) { place } else { nil }
        }
        return (places, try lock(places.map { ($0, source.name) }))
    }
}

extension Candidate {
    /// A snapshot as the policy sees it; one whose file is not there does not count.
    init(_ listed: ListedSnapshot, now: Instant) {
        let snapshot = listed.snapshot
        self.init(
            number: snapshot.number.value, takenAt: snapshot.takenAt, label: snapshot.label?.text, tags: snapshot.tags.map(\.text),
            held: snapshot.isHeld(at: now), origin: snapshot.origin,
            complete: snapshot.state == .complete && listed.presence == .present)
    }
}
