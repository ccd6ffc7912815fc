// When it is calm: nothing is left of what came and went, and the catalogue and the files agree with what commands have reported.

import Foundation
import Synchronization
import Glibc

extension Storm {
    private static let quiet = Manner(isQuiet: true)

    /// Looks at what the storm has left, and has losnap mend it.
    func examine() {
        for image in place.mounted {
            if let at = image.mountPoint, !isMounted(at) { ledger.violation("an image is not mounted at the end", image.name) }
        }
        for number in 0..<request.workers where isMounted("\(place.browsed)/w\(number)") {
            _ = losnap(root, "umount", ["umount", "\(place.browsed)/w\(number)"], Self.quiet)
        }
        expectNothingLeft()
        for catalogue in catalogues { reconcile(catalogue) }
        expectFilesListed()
        // A record has the name that its source had when it was written.
        _ = losnap(root, "create", ["create", root.source("rn")], Self.quiet)
        examineSamples()
        for catalogue in [root, second] { rebuild(catalogue) }
    }

    /// No process, record, mount, loop device, lock or stray file.
    private func expectNothingLeft() {
        let end = now() + 20
        while now() < end, !(processes().isEmpty && names(in: place.frozen).isEmpty) { rest(0.2) }
        let left = processes()
        if !left.isEmpty { ledger.violation("processes when all is quiet", "\(left)") }
        let records = names(in: place.frozen)
        if !records.isEmpty {
            ledger.violation("freeze records when all is quiet", "\(records.map { "\($0): \(text(place.frozen + "/" + $0))" })")
        }
        for image in place.mounted {
            let thaw = system("fsfreeze", "-u", image.mountPoint ?? "", within: 10)
            if thaw.succeeded { ledger.violation("frozen when all is quiet", image.name) }
        }
        let mounts = losnap(root, "mounts", ["mount"], Self.quiet).json["mounts"].array
        for mount in mounts {
            _ = losnap(root, "umount", ["umount", mount["directory"].string ?? ""], Self.quiet)
        }
        let expected = Set(place.pools.map(\.path) + place.mounted.compactMap(\.mountPoint) + [place.groups])
        let strays = place.mountPoints.filter { !expected.contains($0) }
        if !strays.isEmpty { ledger.violation("mounts when all is quiet", "\(strays), losnap knows of \(mounts.count)") }
        expectLoops()
        expectLocksFree()
        expectNoStrays()
    }

    private func expectLoops() {
        let wanted = Set(place.pools.map(\.file) + place.mounted.map(\.file))
        var files: [String] = []
        for _ in 0..<50 {
            // The kernel lets go of one a moment after it is unmounted.
            files = place.loops.map(\.file)
            if Set(files) == wanted, files.count == wanted.count { return }
            rest(0.1)
        }
        ledger.violation("loop devices when all is quiet", "\(files.filter { !wanted.contains($0) }), \(files.count), not \(wanted.count)")
    }

    private func expectLocksFree() {
        for name in names(in: place.runtime + "/lock") {
            let file = open("\(place.runtime)/lock/\(name)", O_RDWR | O_CLOEXEC)
            guard file >= 0 else { continue }
            if flock(file, LOCK_EX | LOCK_NB) != 0 { ledger.violation("a lock is held when all is quiet", name) }
            close(file)
        }
    }

    private func expectNoStrays() {
        let known = Set(place.images.map { "\($0.name).img" } + [".losnap", ".second", "out", "rn2.img", ".probe", "user", "lost+found"])
        for base in place.bases {
            for name in names(in: base) where !known.contains(name) && !isChecksum(name) && !name.hasPrefix(".tmp-") {
                // A restore that was killed may leave one image, whole (Docs/crash-safety.md).
                if name.contains(".losnap-") {
                    ledger.note("left by a restore: \(base)/\(name)")
                    unlink("\(base)/\(name)")
                } else {
                    ledger.violation("left in the pool", "\(base)/\(name)")
                }
            }
            for name in names(in: base + "/out") { ledger.violation("left in the pool", "\(base)/out/\(name)") }
        }
        let state = names(in: place.state).filter { $0 != "lost+found" && $0 != "fill" && !$0.hasPrefix("catalogue.sqlite") }
        if !state.isEmpty { ledger.violation("files beside the catalogue", "\(state)") }
    }

    /// losnap processes of this storm, found by where they look for their locks.
    private func processes() -> [String] {
        names(in: "/proc").filter { pid_t($0) != nil }.compactMap { pid in
            let environment = text("/proc/\(pid)/environ")
            guard environment.contains("LOSNAP_RUNTIME_DIR=\(place.directory)/") else { return nil }
            // A thaw guard that has ended, and is reaped in a moment, has none.
            return "\(pid) \(text("/proc/\(pid)/cmdline").replacing("\0", with: " ")) \(text("/proc/\(pid)/wchan"))"
        }
    }

    /// What was reported is listed, or its removal is in the log; numbers were given once; what was held is there.
    private func reconcile(_ catalogue: Catalogue) {
        let repaired = losnap(catalogue, "repair", ["repair"], Self.quiet)
        if !repaired.succeeded, repaired.status != 3 { ledger.violation("repair fails when all is quiet", repaired.evidence) }
        let list = losnap(catalogue, "list", ["list"], Self.quiet)
        let log = losnap(catalogue, "log", ["log"], Self.quiet).json["events"].array
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
        let paths = Set(losnap(catalogue, "list", ["list"], Self.quiet).snapshots.map(\.path))
        for copy in known.copies where exists(copy) && !paths.contains(copy) {
            system("chattr", "-i", copy)
            unlink(copy)
        }
        _ = losnap(catalogue, "repair-forget", ["repair", "--forget"], Self.quiet)
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

    /// Every file in a snapshot directory is a snapshot of one of the catalogues.
    private func expectFilesListed() {
        var paths: Set<String> = []
        for catalogue in catalogues { paths.formUnion(losnap(catalogue, "list", ["list"], Self.quiet).snapshots.map(\.path)) }
        for directory in place.bases.flatMap({ [$0 + "/.losnap", $0 + "/.second"] }) + [place.user + "/.losnap"] {
            for source in names(in: directory) {
                for name in names(in: "\(directory)/\(source)") where name != "CACHEDIR.TAG" {
                    let path = "\(directory)/\(source)/\(name)"
                    if !paths.contains(path) { ledger.violation("a file in a snapshot directory that is not listed", path) }
                }
            }
        }
    }
}
