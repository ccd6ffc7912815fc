// Prunes and deletes, with losnap and by hand.

import Foundation
import Synchronization
import Glibc

extension Worker {
    func prune() {
        var options: [String] = []
        if random.chance(0.85) {
            let rules = [
                ["--keep-last", "\(Int.random(in: 1..<16, using: &random))"], ["--keep-within", random.pick(["20s", "1min", "3min"])],
                ["--keep-hourly", "\(Int.random(in: 1..<4, using: &random))"], ["--keep-tag", "a"], ["--keep-label", "keep*"],
            ]
            for rule in rules.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)) { options += rule }
        }
        let chosen = sources(0...2)
        let isDry = random.chance(0.2)
        if isDry { options.append("--dry-run") }
        if random.chance(0.15) { options.append("--force") }
        if chosen.isEmpty, options.contains(where: { $0.hasPrefix("--keep") }), random.chance(0.3) { options.append("--all") }
        let answer = losnap("prune", ["prune"] + chosen + options + wait())
        for source in answer.json["sources"].array { judge(source, isDry: isDry, answer) }
    }

    private func judge(_ source: JSON, isDry: Bool, _ answer: Answer) {
        func snapshots(_ list: String) -> [Snapshot] { source[list].array.compactMap { Snapshot($0["snapshot"]) } }
        let removed = snapshots("removed")
        for snapshot in removed {
            if catalogue.isSacred(snapshot.id) { violation("prune removed a held one", "\(snapshot.number): \(answer.evidence)") }
            if !isDry, snapshot.presence == "present", !snapshot.path.isEmpty, exists(snapshot.path) {
                violation("reported as removed, and its file is there", "\(snapshot.path): \(answer.evidence)")
            }
        }
        let newestKept = (snapshots("kept") + snapshots("out_of_scope") + snapshots("failed")).map(\.takenAt).max() ?? ""
        if let newest = removed.map(\.takenAt).max(), newest > newestKept {
            violation("the newest was pruned", "\(removed.map(\.number)), newest kept \(newestKept): \(answer.evidence)")
        }
    }

    func delete() {
        var chosen: [String: Snapshot] = [:]
        for _ in 0..<random.pick([1, 1, 2, 4]) {
            let sparesHeld = random.chance(0.8)
            if let snapshot = snapshot(where: { !sparesHeld || !$0.isHeld }) { chosen[snapshot.id] = snapshot }
        }
        guard !chosen.isEmpty else { return }
        let isDry = random.chance(0.15)
        let numbers = chosen.values.map(\.number).sorted()
        let answer = losnap("delete", ["delete"] + numbers.map { "\($0)" } + (isDry ? ["--dry-run"] : []) + wait())
        guard answer.succeeded, !isDry, !answer.json.isNull else { return }
        let removed = answer.json["removed"].array.compactMap { $0["number"].integer }.sorted()
        if removed != numbers { violation("delete ended with 0, and not all is removed", answer.evidence) }
        for snapshot in chosen.values {
            if catalogue.isSacred(snapshot.id) { violation("delete removed a held one", answer.evidence) }
            if !snapshot.path.isEmpty, exists(snapshot.path) {
                violation("deleted, and its file is there", "\(snapshot.path): \(answer.evidence)")
            }
        }
    }

    func removeByHand() {
        guard let snapshot = snapshot(where: { !$0.isHeld && $0.presence == "present" }) else { return }
        let mayGo = catalogue.known.withLock { known in
            guard known.removed.count < 12, known.sacred[snapshot.id] == nil, known.removed[snapshot.id] == nil else { return false }
            known.removed[snapshot.id] = wallClock()
            return true
        }
        guard mayGo else { return }
        system("chattr", "-i", snapshot.path)
        guard unlink(snapshot.path) == 0 else {
            catalogue.known.withLock { $0.removed[snapshot.id] = nil }
            return
        }
        ledger.count("snapshot removed by hand")
        let list = losnap("list", ["list"], isQuiet: true)
        guard let now = list.snapshots.first(where: { $0.id == snapshot.id }) else { return }
        if now.presence != "missing" { violation("removed by hand, and listed as \(now.presence)", "\(snapshot.number) \(now.state)") }
    }

    func copyByHand() {
        guard let snapshot = snapshot(where: { !$0.path.isEmpty }) else { return }
        guard catalogue.known.withLock({ $0.copies.count < 8 }) else { return }
        let directory = (snapshot.path as NSString).deletingLastPathComponent
        let copy = "\(directory)/copy\(number)-\(turn).img"
        guard system("cp", "--reflink=always", random.pick(["-a", "--preserve=mode"]), snapshot.path, copy).succeeded else { return }
        catalogue.known.withLock { _ = $0.copies.insert(copy) }
        ledger.count("copy added by hand")
        if random.chance(0.4) {
            chmod(copy, 0o600)
            promise(losnap("repair-adopt", ["repair", "--adopt", copy, "--source", snapshot.source] + wait()))
        }
    }
}
