// Pruning, from the plan to files that are gone. The rule: the locks are given up after every few removals, so that nobody who wants to take a
// snapshot waits for long; what goes is what the first plan says and the one that stands when it goes.

import Glibc
import Policy
import SystemPackage

extension Store {
    /// Mends, plans and removes, under the source's locks, a portion at a time. When the locks are held again the rest is planned anew, unless
    /// nothing has changed.
    public func prune(_ request: PruneRequest) throws(SnapshotsError) -> PruneReport {
        guard !request.keep.isEmpty else { throw .noRules(name: request.source.name) }
        // Reading the extents of every file may take long; it is not done under the locks.
        let estimate = request.measuresReclaim ? try? planPrune(request) : nil
        var unmeasured = request
        unmeasured.measuresReclaim = false
        var standing: StandingPlan?
        var report = try pruneSome(unmeasured, &standing)
        if let estimate, estimate.removed.map(\.snapshot.number) == report.plan.removed.map(\.snapshot.number) {
            report.plan.reclaimableBytes = estimate.reclaimableBytes
        }
        while let left = standing?.left, !left.isEmpty {
            // Whoever waits for the locks looks again within this time.
            usleep(50_000)
            do throws(SnapshotsError) {
                // What is no longer to go is kept; it was never more than a plan.
                report.add(try pruneSome(unmeasured, &standing, total: report.plan.removed.count))
            } catch {
                report.failed += left.map { FailedRemoval(snapshot: $0, error: error) }
                standing = nil
            }
        }
        report.sortRemoved()
        return report
    }

    /// How many are removed before the locks are given up: a second's work where it is slow.
    private static var chunk: Int { 32 }

    /// Removes the first few of those that are to go, or all of the few there are. Newest first: which snapshot is the oldest, on which some
    /// rules look, stays the same to the last of them, so that planning anew on the way gives the same verdicts.
    ///
    /// - Parameters:
    ///   - standing: the plan that was made before, nil for the first time; then what is left of the one that was carried out.
    ///   - total: how many were to go when it began.
    private func pruneSome(
        _ request: PruneRequest, _ standing: inout StandingPlan?, total: Int? = nil
    ) throws(SnapshotsError) -> PruneReport {
        let known = standing?.basis.flatMap { $0.stands(catalogue) ? $0.directories : nil }
        let held = try openPlaces(of: request.source, in: known)
        defer { withExtendedLifetime(held.locks) {} }
        var warnings = standing == nil ? openingWarnings : []
        for place in held.places { warnings += try reconcileUnfinished(of: request.source.id, in: place, under: held.locks) }
        let current = try plan(request, in: held.places, after: standing)
        let now = current.left.suffix(Self.chunk)
        var report = PruneReport(plan: current.plan, removed: [], failed: [], warnings: warnings + current.plan.warnings)
        let reason = request.policyName.map { "policy \($0): no rule keeps it" } ?? "no rule keeps it"
        let total = total ?? current.left.count
        var count = RemovalCount(of: total, done: total - current.left.count)
        for place in held.places {
            let outcome = remove(now.filter { $0.snapshot.directory == place.directory }, in: place, counting: &count) { _ in
                Removal(kind: .pruned, reason: reason, command: options.command)
            }
            report.removed += outcome.removed
            report.failed += outcome.failed
            report.warnings += outcome.warnings
        }
        var rest = current.without(newest: now.count)
        rest.basis = report.failed.isEmpty ? rest.basis?.after(removing: report.removed, catalogue) : nil
        standing = rest
        return report
    }

    /// The plan that was made before, if it stands; else a new one, which removes nothing that the other did not.
    private func plan(
        _ request: PruneRequest, in places: [SnapshotPlace], after standing: StandingPlan?
    ) throws(SnapshotsError) -> StandingPlan {
        let directories = places.map(\.directory)
        if let standing, let basis = standing.basis, basis.directories == directories, basis.stands(catalogue) { return standing }
        let wanted = standing.map { Set($0.left.map(\.snapshot.number)) }
        let basis = PlanBasis(catalogue, places)
        let plan = try planPrune(request)
        return StandingPlan(
            plan, going: plan.removed.filter { wanted?.contains($0.snapshot.number) ?? true }, basis: basis)
    }

    /// Opens and locks every directory in which a source has snapshots, which are these if they are known. One that is not there has nothing to
    /// be changed.
    private func openPlaces(
        of source: Source, in known: [SnapshotDirectory]?
    ) throws(SnapshotsError) -> (places: [SnapshotPlace], locks: DirectoryLocks) {
        let directories = if let known { known } else { try catalogue.directories(withSnapshotsOf: source.id) }
        let places = directories.sorted { $0.path.string < $1.path.string }.compactMap { directory in
            if case .identified(let place) = place(of: directory, source: source.id) { place } else { nil }
        }
        return (places, try lock(places.map { ($0, source.name) }))
    }
}

extension PruneReport {
    /// Puts in what was removed next, by a later plan of the same request.
    fileprivate mutating func add(_ next: PruneReport) {
        removed += next.removed
        failed += next.failed
        warnings += next.warnings.filter { !warnings.contains($0) }
    }

    /// Brings what was removed into the order of the plan.
    fileprivate mutating func sortRemoved() {
        let places = Dictionary(uniqueKeysWithValues: plan.removed.enumerated().map { ($1.snapshot.number, $0) })
        removed.sort { places[$0.snapshot.number] ?? 0 < places[$1.snapshot.number] ?? 0 }
    }
}
