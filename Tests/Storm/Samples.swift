// Restores snapshots, runs their filesystem's checker, mounts them and reads their files; and rebuilds catalogues from the snapshot
// files.

import Foundation
import Synchronization
import Glibc

extension Storm {
    private static let quiet = Manner(isQuiet: true)

    /// Samples of every source by turns.
    func examineSamples() {
        for catalogue in [root, second] {
            let present = losnap(catalogue, "list", ["list"], Self.quiet).snapshots.filter {
                $0.presence == "present" && $0.state == "complete"
            }
            var random = Seeded(request.seed)
            var bySource = Dictionary(grouping: present.shuffled(using: &random), by: \.source)
            var chosen: [Snapshot] = []
            let most = catalogue === root ? request.samples : request.samples / 3
            while chosen.count < most, !bySource.isEmpty {
                for source in bySource.keys.sorted() {
                    if let snapshot = bySource[source]?.popLast() { chosen.append(snapshot) } else { bySource[source] = nil }
                }
            }
            for snapshot in chosen { examine(snapshot, of: catalogue) }
        }
    }

    private func examine(_ snapshot: Snapshot, of catalogue: Catalogue) {
        let what = "\(catalogue.name) \(snapshot.number) of \(snapshot.source), \(snapshot.consistency)"
        let copy = place.base(of: snapshot.path) + "/out/sample.img"
        let restored = losnap(catalogue, "restore-to", ["restore", "\(snapshot.number)", "--to", copy], Self.quiet)
        guard restored.succeeded else { return ledger.violation("a sample can't be restored", "\(what): \(restored.evidence)") }
        defer { unlink(copy) }
        let kind = system("blkid", "-p", "-o", "value", "-s", "TYPE", copy).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let device = system("losetup", "-f", "--show", copy).output.trimmingCharacters(in: .whitespacesAndNewlines)
        defer { system("losetup", "-d", device) }
        // btrfs would take what it remembers of this loop device for the original, which is mounted.
        if kind == "btrfs" { system("btrfs", "device", "scan", "--forget", device) }
        let at = place.mounts + "/tmp"
        let mounted = system("mount", "-o", kind == "xfs" ? "nouuid" : "defaults", device, at)
        if mounted.succeeded {
            let (read, bad) = unsound(in: at)
            ledger.count("files verified in samples", read)
            if !bad.isEmpty { ledger.violation("files of a sample are not whole", "\(what): \(bad)") }
            if exists(at + "/in1.img"), snapshot.consistency == "frozen" {
                let inner = system("e2fsck", "-fn", at + "/in1.img")
                if !inner.succeeded { ledger.violation("the image inside a sample is not clean", "\(what): \(inner.output.suffix(600))") }
            }
            system("umount", at)
        } else {
            ledger.violation("a sample can't be mounted", "\(what): \(mounted.output)")
        }
        let checker: [String: [String]] = [
            "ext4": ["e2fsck", "-fn"], "xfs": ["xfs_repair", "-n"], "btrfs": ["btrfs", "check", "--readonly"],
        ]
        guard let words = checker[kind] else { return ledger.violation("a sample holds no filesystem", "\(what): \(kind)") }
        let checked = system(words + [device])
        if !checked.succeeded { ledger.violation("a sample is not clean", "\(what): \(checked.status) \(checked.output.suffix(800))") }
        ledger.count("samples examined")
    }

    /// A catalogue that is made anew from the snapshots knows the same as the one that has seen it all.
    func rebuild(_ catalogue: Catalogue) {
        let old = losnap(catalogue, "list", ["list"], Self.quiet).snapshots
        let directory = place.directory + "/rebuilt-" + (catalogue === root ? "root" : "second")
        mkdir(directory, 0o700)
        let elsewhere = Manner(isQuiet: true, environment: ["LOSNAP_CATALOGUE": directory + "/catalogue.sqlite"])
        let bases = catalogue === root ? place.bases : Array(Set(old.map { ($0.path as NSString).deletingLastPathComponent }))
        guard !old.isEmpty else { return }
        let rebuilt = Catalogue(
            name: catalogue.name + " rebuilt", program: catalogue.program, environment: catalogue.environment, images: catalogue.images)
        let answer = losnap(rebuilt, "repair-rebuild", ["repair", "--rebuild"] + bases, elsewhere)
        let new = losnap(rebuilt, "list", ["list"], elsewhere).snapshots
        let oldIDs = Set(old.map(\.id))
        let newIDs = Set(new.map(\.id))
        let foreign = Set(catalogues.filter { $0 !== catalogue }.flatMap { other in other.known.withLock { Array($0.seen.keys) } })
        if oldIDs != newIDs.subtracting(foreign) {
            ledger.violation(
                "the rebuilt catalogue knows others",
                "\(catalogue.name): only before \(old.filter { !newIDs.contains($0.id) }.map { "\($0.number) \($0.path)" }), only now "
                    + "\(new.filter { !oldIDs.contains($0.id) }.map { "\($0.number) \($0.path)" }), \(answer.evidence)")
        }
        let fields = [
            "number", "source", "taken_at", "label", "tags", "held", "hold_reason", "hold_until", "group", "origin", "consistency", "path",
            "logical_bytes", "frozen_ms", "presence",
        ]
        let byID = Dictionary(new.map { ($0.id, $0) }) { first, _ in first }
        for snapshot in old {
            guard let other = byID[snapshot.id] else { continue }
            // A hold that has an end may have ended between the two looks.
            let mayHaveEnded = !snapshot.json["hold_until"].isNull
            for field in fields
            where !(mayHaveEnded && field.hasPrefix("h"))
                && snapshot.json[field] != other.json[field]
            {
                ledger.violation(
                    "the rebuilt catalogue says something else",
                    "\(catalogue.name) \(snapshot.number): \(field) was \(snapshot.json[field]), is \(other.json[field])")
            }
        }
    }
}
