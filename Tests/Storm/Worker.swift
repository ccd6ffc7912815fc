// A worker: one command after another, chosen by the seed.

import Foundation
import Synchronization

/// Does one thing after the other until it is calm. Used by one thread.
final class Worker {
    let storm: Storm
    let number: Int
    var random: Seeded
    /// Counted up with each thing that is done.
    var turn = 0
    /// Whose losnap this turn uses.
    var catalogue: Catalogue

    var place: Place { storm.place }
    var ledger: Ledger { storm.ledger }
    /// Where this worker mounts snapshots.
    var browsed: String { "\(place.browsed)/w\(number)" }

    init(_ storm: Storm, _ number: Int) {
        self.storm = storm
        self.number = number
        random = Seeded(storm.request.seed &* 1000 &+ UInt64(number))
        catalogue = storm.root
    }

    /// Something to do: how often, by whom, and what.
    private struct Work: Sendable {
        let name: String
        let weight: Double
        /// Only with root's own catalogue.
        var rootOnly = false
        let act: @Sendable (Worker) -> Void
    }

    private static let works: [Work] = [
        Work(name: "create", weight: 22) { $0.create() }, Work(name: "group", weight: 8) { $0.createGroup() },
        Work(name: "command", weight: 3) { $0.createAround() }, Work(name: "list", weight: 9) { $0.list() },
        Work(name: "show", weight: 6) { $0.show() }, Work(name: "check", weight: 4) { $0.check() },
        Work(name: "log", weight: 4) { $0.log() }, Work(name: "prune", weight: 7) { $0.prune() },
        Work(name: "delete", weight: 5) { $0.delete() }, Work(name: "hold", weight: 5) { $0.hold() },
        Work(name: "release", weight: 3) { $0.release() }, Work(name: "contend", weight: 2) { $0.contend() },
        Work(name: "label", weight: 3) { $0.label() }, Work(name: "tag", weight: 4) { $0.tag() },
        Work(name: "restore-to", weight: 4) { $0.restoreTo() }, Work(name: "restore", weight: 3) { $0.restoreInPlace() },
        Work(name: "mount", weight: 5, rootOnly: true) { $0.mount() }, Work(name: "rename", weight: 1.2, rootOnly: true) { $0.rename() },
        Work(name: "move", weight: 1.2, rootOnly: true) { $0.move() }, Work(name: "replace", weight: 0.8, rootOnly: true) { $0.replace() },
        Work(name: "sources", weight: 2) { $0.sources() }, Work(name: "run", weight: 6, rootOnly: true) { $0.run() },
        Work(name: "repair", weight: 4) { $0.repair() }, Work(name: "forget", weight: 0.4) { $0.forget() },
        Work(name: "thaw", weight: 2, rootOnly: true) { $0.thaw() }, Work(name: "loclone", weight: 2, rootOnly: true) { $0.loclone() },
        Work(name: "remount", weight: 1.5, rootOnly: true) { $0.remount() },
        Work(name: "mount-um", weight: 1, rootOnly: true) { $0.mountUnmounted() },
        Work(name: "remove-by-hand", weight: 0.7, rootOnly: true) { $0.removeByHand() },
        Work(name: "copy-by-hand", weight: 0.7, rootOnly: true) { $0.copyByHand() },
        Work(name: "detach", weight: 1, rootOnly: true) { $0.detach() }, Work(name: "freeze", weight: 1.2, rootOnly: true) { $0.freeze() },
        Work(name: "strangers", weight: 1.5, rootOnly: true) { $0.strange() }, Work(name: "others", weight: 1.5) { $0.others() },
    ]

    static let workNames = works.map(\.name)

    func work() {
        let chosen = Self.works.filter { storm.request.only.isEmpty || storm.request.only.contains($0.name) }
        while !storm.calm.isSet {
            turn += 1
            let work = chosen[random.weighted(chosen.map(\.weight))]
            catalogue = work.rootOnly ? storm.root : storm.catalogues[random.weighted([72, 20, 8])]
            work.act(self)
        }
    }

    /// Runs a command of this turn's catalogue; some of them in a control group of their own, which may be killed.
    func losnap(_ kind: String, _ arguments: [String], asJSON: Bool = true, isQuiet: Bool = false) -> Answer {
        storm.losnap(catalogue, kind, arguments, Manner(asJSON: asJSON, isQuiet: isQuiet, inGroup: !isQuiet && random.chance(0.3)))
    }

    func violation(_ what: String, _ evidence: String = "") { ledger.violation(what, evidence) }

    // --- what is drawn ---

    /// A source by its name, its image, or where it is mounted.
    func source() -> String {
        let name = random.pick(catalogue.images)
        guard name != "rn", let image = place.image(name) else {
            return catalogue.isPrivileged ? catalogue.source(name) : "\(place.user)/\(name).img"
        }
        let isKnown = catalogue.known.withLock { $0.listed.contains { $0.source == name } }
        let draw = random.between(0, 1)
        if draw < 0.7, isKnown || catalogue === storm.second { return name }
        return draw < 0.85 ? image.file : image.mountPoint ?? image.file
    }

    /// Some sources, by their names.
    func sources(_ counts: ClosedRange<Int>) -> [String] {
        catalogue.images.shuffled(using: &random).prefix(Int.random(in: counts, using: &random)).map { catalogue.source($0) }
    }

    func snapshot(where fits: (Snapshot) -> Bool = { _ in true }) -> Snapshot? {
        let found = catalogue.known.withLock { $0.listed.filter { $0.state == "complete" && fits($0) } }
        return found.isEmpty ? nil : random.pick(found)
    }

    /// A snapshot as a user names it.
    func reference() -> String {
        if random.chance(0.6) { return "\(snapshot()?.number ?? 1)" }
        let name = catalogue.source(random.pick(catalogue.images))
        return name + random.pick(["@latest", "@oldest", "@latest~1", "@latest~3", "@1min", "@dup", "@keep-1"])
    }

    /// Half of the commands wait for others.
    func wait(_ share: Double = 0.5) -> [String] { random.chance(share) ? ["--wait"] : [] }
}
