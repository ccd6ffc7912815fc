// What a scheduled run asks of the store besides the verbs that everybody has.

import CloneCore
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
                warnings += (try? reconcileUnfinished(of: source.id, in: place)) ?? []
                withExtendedLifetime(lock) {}
            }
        }
        return warnings
    }

    /// Logs that a run failed for a source, or for what is to become one.
    package func logRunFailure(of source: Source?, called name: String, reason: String) throws(SnapshotsError) {
        try catalogue.append(
            Event(occasion(.runFailed, reason), sourceID: source?.id, sourceName: source?.name ?? (try? SourceName(parsing: name))))
    }

    /// Whether pruning would remove anything, for each of these requests, if all files are there; one of which that can't be told counts as
    /// yes. No pool is looked at: where this says no, the files that are missing don't change it, for what is not there takes no place from
    /// the others (PolicyTests).
    package func haveRemovals(_ requests: [PruneRequest]) throws(SnapshotsError) -> [Bool] {
        let now = now
        let candidates = try catalogue.candidates(of: requests.map(\.source.id), now: now)
        return requests.map { request in
            judge(
                candidates[request.source.id] ?? [], keep: request.keep, scope: request.scope, now: now, timeZone: request.timeZone,
                safetyFor: request.safetyFor
            ).removals > 0
        }
    }
}
