// Lists a catalogue again and again: workers choose from the list, and snapshots that are held for good must be on it.

import Foundation
import Synchronization

extension Storm {
    func keepListing(_ catalogue: Catalogue) {
        while !stop.isSet {
            list(catalogue)
            _ = stop.wait(catalogue === root ? 1.2 : 3)
        }
    }

    private func list(_ catalogue: Catalogue) {
        let began = now()
        let answer = losnap(catalogue, "list", ["list"], Manner(isQuiet: true))
        guard answer.succeeded, !answer.json.isNull else {
            let isExcused = [75, 3].contains(answer.status) || (answer.status == 73 && !filled.withLock { $0.isEmpty })
            // The catalogue is made by the first change.
            if !isExcused, !catalogue.known.withLock({ $0.listed.isEmpty }) { ledger.violation("list failed", answer.evidence) }
            return
        }
        let listed = answer.snapshots
        let byID = Dictionary(listed.map { ($0.id, $0) }) { first, _ in first }
        let missing = catalogue.known.withLock { known -> [Snapshot] in
            known.listed = listed
            let due = known.sacred.values.filter { $0.since < began }.map(\.snapshot)
            let missing = due.filter { byID[$0.id].map { !$0.isHeld || $0.presence != "present" } ?? true }
            for snapshot in missing { known.sacred[snapshot.id] = nil }
            return missing
        }
        for snapshot in missing {
            let found = byID[snapshot.id].map { "held \($0.isHeld), \($0.presence), \($0.state)" } ?? "not listed"
            ledger.violation("a held snapshot is not there", "\(catalogue.name) \(snapshot.number) of \(snapshot.source): \(found)")
        }
    }
}
