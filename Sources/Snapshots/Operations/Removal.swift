// Removing snapshots: the one place where files are unlinked. The order: rows deleting, immutable flag off, a last look that it is the very
// file, unlink, fsync of the directory, rows gone. Held ones are never removed, whichever of row and record says so.

import CloneCore
import Glibc
import SystemPackage

/// What became of a list of removals.
struct RemovalOutcome {
    var removed: [ListedSnapshot] = []
    var failed: [FailedRemoval] = []
    var warnings: [StoreWarning] = []
}

/// How many of those that are to go have been dealt with.
struct RemovalCount {
    private var done = 0
    private let total: Int

    /// None of so many.
    init(of total: Int, done: Int = 0) {
        self.total = total
        self.done = done
    }

    /// Tells that so many are done, and counts one more: what is told is what is behind, not what is being done.
    fileprivate mutating func add(_ options: StoreOptions) {
        options.tell(.removing, done, of: total)
        done += 1
    }
}

extension Store {
    /// Removes snapshots of one source from its directory, under its lock.
    ///
    /// - Parameter count: what is told how many were dealt with, for whoever watches.
    func remove(
        _ snapshots: [ListedSnapshot], in place: SnapshotPlace, counting count: inout RemovalCount, _ removal: (Snapshot) -> Removal
    ) -> RemovalOutcome {
        var outcome = RemovalOutcome()
        var going: [(listed: ListedSnapshot, removal: Removal)] = []
        for listed in snapshots {
            do throws(SnapshotsError) {
                try checkRemovable(listed, in: place)
                going.append((listed, removal(listed.snapshot)))
            } catch {
                count.add(options)
                outcome.failed.append(FailedRemoval(snapshot: listed, error: error))
            }
        }
        do throws(SnapshotsError) {
            try changeCatalogue(&outcome) { () throws(SnapshotsError) in
                for item in going { try catalogue.markDeleting(item.listed.snapshot.number, item.removal) }
            }
        } catch {
            outcome.failed += going.map { FailedRemoval(snapshot: $0.listed, error: error) }
            return outcome
        }
        var unlinked: [(listed: ListedSnapshot, removal: Removal)] = []
        for item in going {
            count.add(options)
            do throws(SnapshotsError) {
                if item.listed.presence == .present, let name = item.listed.snapshot.fileName {
                    try unlink(item.listed.snapshot, name, in: place)
                }
                unlinked.append(item)
            } catch {
                outcome.failed.append(FailedRemoval(snapshot: item.listed, error: error))
                _ = try? catalogue.backToComplete(item.listed.snapshot.number, event: occasion(.kept, error.message))
            }
        }
        do throws(SnapshotsError) {
            try place.synchronize()
            let now = now
            try changeCatalogue(&outcome) { () throws(SnapshotsError) in
                for item in unlinked { try catalogue.drop(item.listed.snapshot.number, event: item.removal.occasion(at: now)) }
            }
            outcome.removed = unlinked.map(\.listed)
        } catch {
            // The files are gone, the rows say deleting: the next command strikes them off.
            outcome.failed += unlinked.map { FailedRemoval(snapshot: $0.listed, error: error) }
        }
        return outcome
    }

    private func changeCatalogue(_ outcome: inout RemovalOutcome, _ body: () throws(SnapshotsError) -> Void) throws(SnapshotsError) {
        try relieving(&outcome.warnings) { () throws(SnapshotsError) in try catalogue.together(body) }
    }

    private func checkRemovable(_ listed: ListedSnapshot, in place: SnapshotPlace) throws(SnapshotsError) {
        let snapshot = listed.snapshot
        let now = now
        guard snapshot.state == .complete, let name = snapshot.fileName else {
            throw .wrongState(number: snapshot.number, state: snapshot.state)
        }
        var hold = snapshot.hold
        switch listed.presence {
        case .unavailable: throw .unavailable(number: snapshot.number, path: place.path.appending(name.text))
        case .missing: break
        case .present:
            let record = try place.open(name, expecting: snapshot.id).record
            if !snapshot.isHeld(at: now) { hold = record.description.hold }
        }
        if let hold, hold.counts(at: now) { throw .held(number: snapshot.number, reason: hold.reason) }
    }

    /// Unlinks the file, after a look that it is a regular file of ours whose record has that UUID.
    func unlink(_ snapshot: Snapshot, _ name: SnapshotFileName, in place: SnapshotPlace) throws(SnapshotsError) {
        let (file, _) = try place.open(name, expecting: snapshot.id)
        let wasImmutable = try kernel.clearImmutable(file)
        do throws(SnapshotsError) {
            try beneath { () throws(CloneError) in
                let opened = try file.status().identity
                let named = try calling(.status, file.path) { () throws(Errno) in
                    try kernel.statusOf(place.file.descriptor, name.text).identity
                }
                // The directory is ours alone; should the name have changed hands all the same, nothing is removed.
                guard opened == named else { throw .noSuchFile(path: file.path) }
                try calling(.remove, file.path) { () throws(Errno) in try kernel.unlink(place.file.descriptor, name.text) }
            }
        } catch {
            if wasImmutable { _ = try? kernel.makeImmutable(file) }
            throw error
        }
    }
}
