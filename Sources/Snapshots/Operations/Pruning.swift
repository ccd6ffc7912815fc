// Pruning: from a source's snapshots and rules to a plan. The rule: judged are only snapshots
// whose files were just seen, so that a missing one never takes the place of a real one; a source whose pool is not there is left alone.

import CloneCore
import Foundation
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
            try catalogue.forEachSnapshot(filter) { listed[$0.sourceID, default: []].append(ListedSnapshot(unmeasured: $0)) }
        } catch {
            // It may be about one row of one source: each by itself.
            return requests.map { request in Result { () throws(SnapshotsError) in try planPrune(request) } }
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
        // By index here and below: a loop over elements would copy each, which has a dozen references.
        if let lost = listed.indices.first(where: { listed[$0].presence == .unavailable }).map({ listed[$0] }) {
            // Says why, if there is more to say than that.
            _ = try presentPlace(of: lost.snapshot)
            throw .unavailable(number: lost.snapshot.number, path: lost.snapshot.path ?? lost.snapshot.directory.path)
        }
        let judgement = judge(
            listed.indices.map { Candidate(listed[$0], now: now) }, keep: request.keep, scope: request.scope, calendar: calendar,
            safetyFor: request.safetyFor)
        var plan = PrunePlan(
            source: request.source, now: now, timeZone: request.timeZone, policyName: request.policyName, keep: request.keep,
            reach: judgement.reach, kept: [], removed: [], outOfScope: [],
            warnings: judgement.warnings.map { .policy(message: $0.message, hint: $0.hint) }, reclaimableBytes: nil)
        for (index, verdict) in judgement.verdicts.enumerated() {
            switch verdict {
            case .keep(let reasons): plan.kept.append(KeptSnapshot(snapshot: listed[index], reasons: reasons))
            case .remove: plan.removed.append(listed[index])
            case .outOfScope: plan.outOfScope.append(listed[index])
            case .incomplete:
                let snapshot = listed[index].snapshot
                plan.warnings.append(.missing(snapshot.number, path: (snapshot.path ?? snapshot.directory.path).string))
            }
        }
        if judgement.matchesNothing, !request.isForced {
            throw .rulesMatchNothing(name: request.source.name, removals: plan.removed.count)
        }
        if request.measuresReclaim { plan.reclaimableBytes = reclaimableBytes(plan) }
        return plan
    }
}

extension Candidate {
    /// A snapshot as the policy sees it; one whose file is not there does not count.
    init(_ listed: ListedSnapshot, now: Instant) {
        self.init(
            number: listed.snapshot.number.value, takenAt: listed.snapshot.takenAt, label: listed.snapshot.label?.text,
            tags: listed.snapshot.tags.map(\.text), held: listed.snapshot.isHeld(at: now), origin: listed.snapshot.origin,
            complete: listed.snapshot.state == .complete && listed.presence == .present)
    }
}
