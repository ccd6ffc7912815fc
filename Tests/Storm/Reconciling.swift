// Compares what each catalogue lists and logs at the end with what its commands reported.

import Foundation
import Glibc
import Synchronization

extension Storm {
    /// What was reported is listed, or its removal is in the log; numbers were given once; what was held is there.
    func reconcile(_ catalogue: Catalogue) {
        let repaired = losnap(catalogue, "repair", ["repair"], Manner(isQuiet: true))
        if !repaired.succeeded, repaired.status != 3 { ledger.violation("repair fails when all is quiet", repaired.evidence) }
        let list = losnap(catalogue, "list", ["list"], Manner(isQuiet: true))
        let log = losnap(catalogue, "log", ["log"], Manner(isQuiet: true)).json["events"].array
        guard list.succeeded, !list.json.isNull else { return ledger.violation("list fails when all is quiet", list.evidence) }
        let listed = Dictionary(list.snapshots.map { ($0.id, $0) }) { first, _ in first }
        var gone: [String: [JSON]] = [:]
        var given: [Int: Set<String>] = [:]
        for event in log {
            guard let id = event["snapshot_id"].string else { continue }
            if let number = event["snapshot"].integer { given[number, default: []].insert(id) }
            if ["pruned", "deleted", "forgotten", "dropped"].contains(event["kind"].string) { gone[id, default: []].append(event) }
        }
        for (number, ids) in given where ids.count > 1 {
            ledger.violation("a number was given twice", "\(catalogue.name) \(number): \(ids)")
        }
        let known = catalogue.known.withLock { $0 }
        for (id, snapshot) in known.reported {
            let what = "\(catalogue.name) \(snapshot.number) of \(snapshot.source), \(snapshot.path)"
            if let now = listed[id] {
                if now.presence == "missing", known.removed[id] == nil { ledger.violation("a reported snapshot is missing", what) }
                if now.presence == "present", !exists(now.path) { ledger.violation("listed as present, and its file is not there", what) }
                if now.state != "complete" { ledger.violation("not complete after repair", "\(what): \(now.state)") }
            } else if let events = gone[id] {
                if ["forgotten", "dropped"].contains(events[0]["kind"].string), known.removed[id] == nil {
                    ledger.violation("a reported snapshot was \(events[0]["kind"].string ?? "")", what)
                }
            } else {
                ledger.violation(
                    "a reported snapshot is not listed, and no event says why", "\(what), its file is there: \(exists(snapshot.path))")
            }
        }
        for (id, sacred) in known.sacred where gone[id] != nil {
            ledger.violation("a held snapshot was removed", "\(catalogue.name) \(sacred.snapshot.number): \(gone[id] ?? [])")
        }
        ledger.note("\(catalogue.name): \(known.reported.count) reported, \(listed.count) listed, \(known.sacred.count) held throughout")
        settle(catalogue, known)
    }

    /// Copies that nobody took in go, what was removed by hand is struck off, and then all is well.
    private func settle(_ catalogue: Catalogue, _ known: Catalogue.Known) {
        let paths = Set(losnap(catalogue, "list", ["list"], Manner(isQuiet: true)).snapshots.map(\.path))
        for copy in known.copies where exists(copy) && !paths.contains(copy) {
            system("chattr", "-i", copy)
            unlink(copy)
        }
        _ = losnap(catalogue, "repair-forget", ["repair", "--forget"], Manner(isQuiet: true))
        let last = losnap(catalogue, "repair", ["repair"], Manner(asJSON: false, isQuiet: true))
        if !last.succeeded || !last.out.contains("all is well") {
            ledger.violation("repair finds something once more", "\(catalogue.name): \(last.evidence)")
        }
        guard catalogue.isPrivileged else { return }
        for pragma in ["integrity_check", "foreign_key_check"] {
            let answer = system("sqlite3", catalogue.environment["LOSNAP_CATALOGUE"] ?? "", "PRAGMA \(pragma)")
            if !["ok\n", ""].contains(answer.output) { ledger.violation(pragma, "\(catalogue.name): \(answer.output.prefix(500))") }
        }
    }
}
