// What a scheduled run asks of the store besides the verbs that everybody has.

import CloneCore
import Foundation
import Policy
import SystemPackage

extension Store {
    /// Mends what a crash left unfinished of these sources. What can't be mended now (a pool that is not there, a lock that is not let go)
    /// is left to the next change, which says why.
    package func mend(_ sources: [Source]) -> [StoreWarning] {
        guard let unfinished = try? catalogue.snapshots(SnapshotFilter(states: [.pending, .deleting])), !unfinished.isEmpty else {
            return []
        }
        var warnings: [StoreWarning] = []
        for source in sources {
            let directories = Set(unfinished.filter { $0.sourceID == source.id }.map(\.directory))
            for directory in directories.sorted(by: { $0.path.string < $1.path.string }) {
                guard case .identified(let place) = place(of: directory, source: source.id) else { continue }
                guard let lock = try? lock(place, called: source.name) else { continue }
                warnings += (try? reconcileUnfinished(of: source.id, in: place, under: lock)) ?? []
                withExtendedLifetime(lock) {}
            }
        }
        return warnings
    }

    /// Logs that a run failed for a source, or for what is to become one: that has no UUID that anybody could look for, but a name; nil: nor that.
    package func logRunFailure(
        of source: Source?, called name: String?, at stage: RunStage, because reason: String
    ) throws(SnapshotsError) {
        let known = try source.flatMap { (source) throws(SnapshotsError) in try catalogue.source(id: source.id) }
        try catalogue.append(
            Event(
                occasion(.runFailed, stage.prefix + reason), sourceID: known?.isRemoved == false ? known?.id : nil,
                sourceName: source?.name ?? name.flatMap { try? SourceName(parsing: $0) }))
    }

    /// Whether pruning would remove anything, for each of these requests, if all files are there; one of which that can't be told counts as
    /// yes. No pool is looked at: where this says no, the files that are missing don't change it, for what is not there takes no place from
    /// the others (PolicyTests).
    package func haveRemovals(_ requests: [PruneRequest]) throws(SnapshotsError) -> [Bool] {
        let now = now
        let candidates = try catalogue.candidates(of: requests.map(\.source.id), now: now)
        var calendars: [TimeZone: JudgingCalendar] = [:]
        return requests.map { request in
            let calendar = calendars[request.timeZone] ?? JudgingCalendar(request.timeZone, now: now)
            calendars[request.timeZone] = calendar
            let judgement = judge(
                candidates[request.source.id] ?? [], keep: request.keep, scope: request.scope, calendar: calendar,
                safetyFor: request.safetyFor)
            return judgement.removals > 0
        }
    }
}
