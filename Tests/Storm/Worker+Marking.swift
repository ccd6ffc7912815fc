// Holds, releases, labels and tags.

import Foundation
import Synchronization

extension Worker {
    func hold() {
        guard let snapshot = snapshot(), !catalogue.isSacred(snapshot.id) else { return }
        let options = random.pick([[], ["--reason", "storm"], ["--until", "20s"], ["--until", "2h"]])
        // A hold for a while ends one that is for good.
        if options.first == "--until" { catalogue.known.withLock { _ = $0.loose.insert(snapshot.id) } }
        let answer = losnap("hold", ["hold", "\(snapshot.number)"] + options + wait())
        guard answer.succeeded else { return }
        if !answer.json["snapshot"]["held"].bool { violation("hold ended with 0, and it is not held", answer.evidence) }
        guard options.isEmpty, random.chance(0.3), let held = answer.snapshots.first else { return }
        catalogue.known.withLock { known in
            if !known.loose.contains(held.id), known.sacred.count < 40 { known.sacred[held.id] = (held, now()) }
        }
    }

    func release() {
        guard let snapshot = snapshot(where: { $0.isHeld }), loosen(snapshot) else { return }
        _ = losnap("release", ["release", "\(snapshot.number)"] + wait())
    }

    /// False: it has been promised that it stays held.
    private func loosen(_ snapshot: Snapshot) -> Bool {
        catalogue.known.withLock { known in
            guard known.sacred[snapshot.id] == nil else { return false }
            known.loose.insert(snapshot.id)
            return true
        }
    }

    /// Holds and releases one snapshot at once, and somebody deletes it.
    func contend() {
        guard let snapshot = snapshot(), loosen(snapshot) else { return }
        let number = "\(snapshot.number)"
        let commands: [(String, [String])] = [
            ("hold", ["hold", number]), ("release", ["release", number]), ("hold", ["hold", number, "--reason", "twice"]),
            ("delete", ["delete", number]),
        ]
        let (storm, catalogue) = (storm, catalogue)
        let chosen = commands.shuffled(using: &random).prefix(3).map { ($0.0, $0.1 + wait()) }
        let threads = chosen.map { kind, words in Joined { _ = storm.losnap(catalogue, kind, words) } }
        for thread in threads { thread.join() }
    }

    func label() {
        guard let snapshot = snapshot() else { return }
        let label = random.pick([["dup"], ["keep-\(Int.random(in: 0..<4, using: &random))"], ["--remove"]])
        _ = losnap("label", ["label", "\(snapshot.number)"] + label + wait())
    }

    func tag() {
        guard let snapshot = snapshot() else { return }
        let tags = random.pick([["--add", "a"], ["--add", "x", "--remove", "a"], ["--remove", "b"]])
        _ = losnap("tag", ["tag", "\(snapshot.number)"] + tags + wait())
    }
}
