// Creates snapshots: of one source, of a group, around a command, by `run`.

import Foundation
import Synchronization

extension Worker {
    /// Options of `create`, and whether they hold the snapshot from the start.
    private func options() -> (words: [String], holds: Bool) {
        var words: [String] = []
        var holds = false
        if random.chance(0.35) {
            words += ["--label", random.pick(["dup", "keep-\(Int.random(in: 0..<4, using: &random))", "lab-\(number)-\(turn)"])]
        }
        for _ in 0..<random.pick([0, 0, 1, 2]) { words += ["--tag", random.pick(["a", "b", "t\(number)"])] }
        if random.chance(0.08), catalogue.known.withLock({ $0.sacred.count < 30 }) {
            words.append(random.pick(["--hold", "--hold=because it matters"]))
            holds = true
        }
        if random.chance(0.3) { words += ["--clone", random.pick(["plain", "maps", "tracked"])] }
        if random.chance(0.1) { words += ["--max-freeze", random.pick(["50ms", "300ms", "2s"])] }
        if random.chance(0.05) { words.append("--no-immutable") }
        if random.chance(0.3) { words.append("--no-hooks") }
        if random.chance(0.05) { words += ["--consistency", "crash"] }
        return (words + wait(), holds)
    }

    /// What was reported has to be there from now on.
    func promise(_ answer: Answer, held: Bool = false) {
        for snapshot in answer.snapshots {
            catalogue.known.withLock { known in
                known.reported[snapshot.id] = snapshot
                if held { known.sacred[snapshot.id] = (snapshot, now()) }
            }
            if snapshot.state != "complete" { violation("reported, and not complete", answer.evidence) }
            // One that is not held may be pruned already.
            if held, !exists(snapshot.path) { violation("reported and held, and its file is not there", answer.evidence) }
        }
    }

    func create() {
        var (words, holds) = options()
        let ifChanged = random.chance(0.15)
        if ifChanged { words.append(random.pick(["--if-changed", "--if-changed=64KiB", "--if-changed=16MiB"])) }
        if !ifChanged, random.chance(0.03) {
            let time = Date(timeIntervalSinceNow: -random.between(100, 5000)).ISO8601Format()
            words += ["--time", time]
        }
        let answer = losnap("create", ["create", source()] + words)
        if answer.succeeded, !ifChanged, answer.snapshots.count != 1 { violation("create without a snapshot", answer.evidence) }
        if answer.succeeded || answer.status == 3 { promise(answer, held: holds && answer.succeeded) }
    }

    func createGroup() {
        guard catalogue.images.count > 1 else { return create() }
        var chosen = sources(2...5)
        // These can't be frozen together: one lies in the other.
        if chosen.contains("outer"), random.chance(0.9) { chosen.removeAll { ["in1", "in2"].contains($0) } }
        guard chosen.count > 1 else { return }
        let (words, holds) = options()
        let ifChanged = random.chance(0.1) ? ["--if-changed"] : []
        let answer = losnap("create-group", ["create"] + chosen + words + ifChanged)
        guard answer.succeeded else { return }
        if ifChanged.isEmpty, answer.snapshots.count != chosen.count { violation("a group is not whole", answer.evidence) }
        promise(answer, held: holds)
    }

    func createAround() {
        let script = random.pick(["true", "sleep 0.3", "exit 7", "echo hello"])
        let answer = losnap("create-command", ["create", source(), "--command", script] + wait())
        promise(answer)
        if answer.status == 7, script != "exit 7" { violation("the status of no command", answer.evidence) }
    }

    func run() {
        let options = random.pick([[], [], [], ["--busy-fails"], ["--dry-run"], [random.pick(["e4", "xf", "g2", "um"])]])
        let answer = losnap("run", ["run"] + options)
        guard !options.contains("--dry-run") else { return }
        promise(Answer(answer, only: "taken"))
        for source in answer.json["pruned"].array {
            for removed in source["removed"].array.compactMap({ Snapshot($0["snapshot"]) }) where catalogue.isSacred(removed.id) {
                violation("run removed a held one", "\(removed.number): \(answer.evidence)")
            }
        }
    }
}

extension Answer {
    /// The same answer with the snapshots of one list.
    init(_ other: Answer, only list: String) {
        self.init(
            kind: other.kind, words: other.words, status: other.status, took: other.took, blows: other.blows, out: other.out,
            err: other.err,
            json: .object([list: other.json[list]]))
    }
}
