// Carrying out what `reconcile` found, under the lock of the directory. Before every change only what is unfinished is looked at, which
// costs nothing in the usual case; `repair` looks at every file.

import CloneCore
import Glibc
import SystemPackage

extension Store {
    /// Mends what a crash left unfinished of one source in a directory that is locked: rows that are pending or deleting.
    func reconcileUnfinished(
        of source: Identifier, in place: SnapshotPlace, under locks: DirectoryLocks
    ) throws(SnapshotsError) -> [StoreWarning] {
        let rows = try catalogue.snapshots(SnapshotFilter(sources: [source], states: [.pending, .deleting]))
            .filter { $0.directory == place.directory }
        guard !rows.isEmpty else { return [] }
        let names = try place.names().compactMap { SnapshotFileName($0) }
        let wanted = names.filter { name in rows.contains { $0.fileName == name || name.mentions($0.id) } }
        var files: [FoundFile] = []
        for name in wanted { if let file = try place.find(name) { files.append(file) } }
        var warnings: [StoreWarning] = []
        for step in reconcile(rows: rows, files: files, catalogue: catalogue.id, now: now) {
            // Only the rows are ours to judge here: the files were chosen by their names.
            if let done = try execute(step, in: place, under: locks) { warnings.append(done) }
        }
        return warnings
    }

    /// Does what a step says. Returns what was done; nil for steps that only report.
    func execute(_ step: ReconcileStep, in place: SnapshotPlace, under locks: DirectoryLocks) throws(SnapshotsError) -> StoreWarning? {
        switch step {
        case .drop(let row):
            if row.state == .pending, let group = row.group { return try settleGroup(group, row, under: locks) }
            // The file may be gone from the directory, but not yet from the disk.
            try place.synchronize()
            let gone = row.removal?.occasion(at: now) ?? occasion(.dropped, "it had never come into being")
            try catalogue.drop(row.number, event: gone)
            return .reconciled(row.state == .deleting ? .removed : .dropped, row.number)
        case .complete(let row, let file, let record):
            if let group = row.group { return try settleGroup(group, row, under: locks) }
            // Whoever published it may have been killed before the name was on disk.
            try place.remember(row.number)
            try place.synchronize()
            try catalogue.complete(
                row.number, record.completion(fileName: file.name, allocatedBytes: row.allocatedBytes), event: occasion(.completed))
            protect(file.name, in: place)
            return .reconciled(.completed, row.number)
        case .continueRemoval(let row, let file):
            try unlink(row, file.name, in: place)
            try place.synchronize()
            try catalogue.drop(row.number, event: row.removal?.occasion(at: now) ?? occasion(.deleted))
            return .reconciled(.removed, row.number)
        case .backToComplete(let row, let file, let settlement):
            try catalogue.backToComplete(row.number, event: occasion(.kept, "it is held"))
            if let settlement { try settle(row, file, settlement, in: place) }
            return .keptHeld(row.number)
        case .follow(let row, let file):
            try catalogue.relocate(row.number, directory: place.directory, fileName: file.name, event: occasion(.settled, file.name.text))
            return .reconciled(.settled, row.number)
        case .settle(let row, let file, let settlement):
            try settle(row, file, settlement, in: place)
            return .reconciled(.settled, row.number)
        case .missing, .changed, .doubtful, .claimed, .orphan, .duplicate, .foreign, .unknown:
            return nil
        }
    }

    /// Makes row and record say the same: the record first, for it may add a hold.
    private func settle(_ row: Snapshot, _ file: FoundFile, _ settlement: Settlement, in place: SnapshotPlace) throws(SnapshotsError) {
        if settlement.writesRecord {
            let (opened, _) = try place.open(file.name, expecting: row.id)
            try write(settlement.description, to: opened, of: row)
        }
        if settlement.writesRow {
            try catalogue.describe(row.number, settlement.description, event: occasion(.settled))
        } else {
            try catalogue.append(Event(occasion(.settled, "the record follows the row"), row))
        }
    }

    /// A snapshot that was completed after a crash gets the flag that it would have got.
    func protect(_ name: SnapshotFileName, in place: SnapshotPlace) {
        _ = try? kernel.makeImmutable(try place.open(name))
    }
}

extension SnapshotPlace {
    /// What a file in the directory is and says of itself; nil: it is not there any more, for who only looks has no lock.
    func find(_ name: SnapshotFileName) throws(SnapshotsError) -> FoundFile? {
        let status: FileStatus
        do {
            status = try kernel.statusOf(file.descriptor, name.text)
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            throw .clone(CloneError(error, .status, path.appending(name.text).string))
        }
        let found = { (content: FoundRecord) in
            FoundFile(name: name, inode: status.identity.inode, size: Int64(clamping: status.size), content: content)
        }
        guard status.kind == .regular else { return found(.none(.notRegular)) }
        guard status.uid == geteuid() else { return found(.none(.owner(user: status.uid))) }
        do throws(SnapshotsError) {
            let record = try record(of: try open(name))
            guard record.description.revision <= .greatestBelieved else { return found(.none(.damaged(.invalid(field: "revision")))) }
            return found(.whole(record))
        } catch .invalidRecord(let problem) {
            return found(.none(.damaged(problem)))
        } catch .newerRecord(let format, _) {
            return found(.none(.newer(format: format)))
        } catch .clone(.noSuchFile) {
            return nil
        } catch {
            return found(.none(.unreadable(error.message)))
        }
    }
}
