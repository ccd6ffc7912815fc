// Pruning: from a source's snapshots and rules to a plan, and from the plan to files that are gone. The rule: judged are only snapshots
// whose files were just seen, so that a missing one never takes the place of a real one; a source whose pool is not there is left alone.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage

extension Store {
    /// What pruning would do now. Changes nothing.
    ///
    /// - Throws: ``SnapshotsError/noRules(name:)``, ``SnapshotsError/rulesMatchNothing(name:removals:)``,
    ///   ``SnapshotsError/unavailable(number:path:)``.
    public func planPrune(_ request: PruneRequest) throws(SnapshotsError) -> PrunePlan {
        guard !request.keep.isEmpty else { throw .noRules(name: request.source.name) }
        let calendar = JudgingCalendar(request.timeZone, now: now)
        return try planPrune(request, measure(try catalogue.snapshots(.complete(of: request.source.id))), calendar)
    }

    /// The same for several sources, in their order. The rows are read once: those of one source lie all over the catalogue, so that
    /// reading it for each would be reading all of it each time.
    public func planPrunes(_ requests: [PruneRequest]) -> [Result<PrunePlan, SnapshotsError>] {
        let now = now
        var listed: [Identifier: [ListedSnapshot]] = [:]
        let filter = SnapshotFilter(sources: requests.map(\.source.id), states: [.complete])
        do throws(SnapshotsError) {
            for snapshot in try catalogue.snapshots(filter, ListedSnapshot.init(unmeasured:)) {
                listed[snapshot.snapshot.sourceID, default: []].append(snapshot)
            }
        } catch {
            return requests.map { _ in .failure(error) }
        }
        var calendars: [TimeZone: JudgingCalendar] = [:]
        let lastUses = Dictionary(requests.enumerated().map { ($1.source.id, $0) }) { $1 }
        return requests.enumerated().map { index, request in
            do throws(SnapshotsError) {
                guard !request.keep.isEmpty else { throw .noRules(name: request.source.name) }
                let calendar = calendars[request.timeZone] ?? JudgingCalendar(request.timeZone, now: now)
                calendars[request.timeZone] = calendar
                var own = listed[request.source.id] ?? []
                // Or measuring would begin with a copy.
                if lastUses[request.source.id] == index { listed[request.source.id] = nil }
                measure(&own)
                return .success(try planPrune(request, own, calendar))
            } catch {
                return .failure(error)
            }
        }
    }

    private func planPrune(
        _ request: PruneRequest, _ listed: [ListedSnapshot], _ calendar: JudgingCalendar
    ) throws(SnapshotsError) -> PrunePlan {
        let now = calendar.now
        if let lost = listed.first(where: { $0.presence == .unavailable }) {
            // Says why, if there is more to say than that.
            _ = try presentPlace(of: lost.snapshot)
            throw .unavailable(number: lost.snapshot.number, path: lost.snapshot.path ?? lost.snapshot.directory.path)
        }
        let judgement = judge(
            listed.map { Candidate($0, now: now) }, keep: request.keep, scope: request.scope, calendar: calendar,
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

    /// Mends, plans and removes, under the source's locks. They are given up after every few removals, so that nobody who wants to take a
    /// snapshot waits for long; when they are held again the rest is planned anew, and what goes is what both plans say.
    public func prune(_ request: PruneRequest) throws(SnapshotsError) -> PruneReport {
        guard !request.keep.isEmpty else { throw .noRules(name: request.source.name) }
        // Reading the extents of every file may take long; it is not done under the locks.
        let estimate = request.measuresReclaim ? try? planPrune(request) : nil
        var unmeasured = request
        unmeasured.measuresReclaim = false
        var report = try pruneSome(unmeasured, of: nil)
        if let estimate, estimate.removed.map(\.snapshot.number) == report.plan.removed.map(\.snapshot.number) {
            report.plan.reclaimableBytes = estimate.reclaimableBytes
        }
        var left = report.left
        while !left.isEmpty {
            // Whoever waits for the locks looks again within this time.
            usleep(50_000)
            do throws(SnapshotsError) {
                let next = try pruneSome(unmeasured, of: left, total: report.plan.removed.count)
                report.add(next)
                // What is no longer to go is kept; it was never more than a plan.
                left = next.left
            } catch {
                report.failed += report.plan.removed.filter { left.contains($0.snapshot.number) }
                    .map { FailedRemoval(snapshot: $0, error: error) }
                left = []
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
    /// - Parameter total: how many were to go when it began.
    private func pruneSome(
        _ request: PruneRequest, of wanted: Set<SnapshotNumber>?, total: Int? = nil
    ) throws(SnapshotsError) -> PruneReport {
        let held = try openPlaces(of: request.source)
        defer { withExtendedLifetime(held.locks) {} }
        var warnings = wanted == nil ? openingWarnings : []
        for place in held.places { warnings += try reconcileUnfinished(of: request.source.id, in: place, under: held.locks) }
        let plan = try planPrune(request)
        let going = plan.removed.filter { wanted?.contains($0.snapshot.number) ?? true }
        let now = going.suffix(Self.chunk)
        var report = PruneReport(plan: plan, removed: [], failed: [], warnings: warnings + plan.warnings)
        report.left = Set(going.dropLast(now.count).map(\.snapshot.number))
        let reason = request.policyName.map { "policy \($0): no rule keeps it" } ?? "no rule keeps it"
        let total = total ?? going.count
        var count = RemovalCount(of: total, done: total - going.count)
        for place in held.places {
            let outcome = remove(now.filter { $0.snapshot.directory == place.directory }, in: place, counting: &count) { _ in
                Removal(kind: .pruned, reason: reason, command: options.command)
            }
            report.removed += outcome.removed
            report.failed += outcome.failed
            report.warnings += outcome.warnings
        }
        return report
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

extension Store {
    /// Opens and locks every directory in which a source has snapshots. One that is not there has nothing to be changed.
    private func openPlaces(of source: Source) throws(SnapshotsError) -> (places: [SnapshotPlace], locks: DirectoryLocks) {
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
