// Carrying out what `reconcile` found, under the lock of the directory. Before every change only what is unfinished is looked at, which
// costs nothing in the usual case; `repair` looks at every file. A group that a crash has torn is all or none.

import CloneCore
import Glibc
import SystemPackage

extension Store {
    /// Mends what a crash left unfinished of one source: rows that are pending or deleting.
    func reconcileUnfinished(_ source: Source, in place: SnapshotPlace) throws(SnapshotsError) -> [StoreWarning] {
        let rows = try catalogue.snapshots(SnapshotFilter(sources: [source.id], states: [.pending, .deleting]))
            .filter { $0.directory == place.directory }
        guard !rows.isEmpty else { return [] }
        let names = try place.names().compactMap { SnapshotFileName($0) }
        let wanted = names.filter { name in rows.contains { $0.fileName == name || name.mentions($0.id) } }
        var files: [FoundFile] = []
        for name in wanted { files.append(try place.find(name)) }
        var warnings: [StoreWarning] = []
        for step in reconcile(rows: rows, files: files, pool: .identified, catalogue: catalogue.id, now: now) {
            // Only the rows are ours to judge here: the files were chosen by their names.
            if let done = try execute(step, in: place) { warnings.append(done) }
        }
        return warnings
    }

    /// Does what a step says. Returns what was done; nil for steps that only report.
    func execute(_ step: ReconcileStep, in place: SnapshotPlace) throws(SnapshotsError) -> StoreWarning? {
        switch step {
        case .drop(let row):
            if row.state == .pending, let group = row.group { return try settleGroup(group, row) }
            let gone = row.removal?.occasion(at: now) ?? occasion(.dropped, "it had never come into being")
            try catalogue.drop(row.number, event: gone)
            return .reconciled(row.state == .deleting ? .removed : .dropped, row.number)
        case .complete(let row, let file, let record):
            if let group = row.group { return try settleGroup(group, row) }
            try catalogue.complete(
                row.number, record.completion(fileName: file.name, allocatedBytes: row.allocatedBytes), event: occasion(.completed))
            try? protect(file.name, in: place)
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
        case .missing, .unavailable, .changed, .doubtful, .claimed, .orphan, .duplicate, .foreign, .unknown:
            return nil
        }
    }

    /// Makes row and record say the same: the record first, for it may add a hold.
    private func settle(_ row: Snapshot, _ file: FoundFile, _ settlement: Settlement, in place: SnapshotPlace) throws(SnapshotsError) {
        if settlement.writesRecord {
            let (opened, _) = try place.open(file.name, expecting: row.id)
            try write(settlement.description, to: opened, of: row)
        }
        if settlement.writesRow { try catalogue.describe(row.number, settlement.description, event: occasion(.settled)) }
    }

    /// A snapshot that was completed after a crash gets the flag that it would have got.
    private func protect(_ name: SnapshotFileName, in place: SnapshotPlace) throws(SnapshotsError) {
        _ = try kernel.makeImmutable(try place.open(name))
    }

    /// Completes a group of which every file was published, and undoes any other. Its own processes are dead, for they held our lock.
    private func settleGroup(_ group: Identifier, _ row: Snapshot) throws(SnapshotsError) -> StoreWarning? {
        let members = try catalogue.snapshots(SnapshotFilter(states: [.pending], group: group))
        // An earlier step may have settled it already.
        guard members.contains(where: { $0.number == row.number }) else { return nil }
        var found: [(row: Snapshot, place: SnapshotPlace, name: SnapshotFileName, record: SnapshotRecord)] = []
        for member in members {
            guard case .identified(let place) = self.place(of: member.directory, source: member.sourceID) else { return nil }
            for name in try place.names().compactMap({ SnapshotFileName($0) }) where name.mentions(member.id) {
                guard let record = try? place.open(name, expecting: member.id).record else { continue }
                found.append((member, place, name, record))
            }
        }
        if found.count == members.count {
            try catalogue.together { () throws(SnapshotsError) in
                for item in found {
                    try catalogue.complete(
                        item.row.number, item.record.completion(fileName: item.name, allocatedBytes: item.row.allocatedBytes),
                        event: occasion(.completed))
                }
            }
            for item in found { try? protect(item.name, in: item.place) }
            return .reconciled(.completed, row.number)
        }
        for item in found {
            try unlink(item.row, item.name, in: item.place)
            try item.place.synchronize()
        }
        try catalogue.together { () throws(SnapshotsError) in
            for member in members { try catalogue.drop(member.number, event: occasion(.dropped, "its group was not finished")) }
        }
        return .reconciled(.dropped, row.number)
    }
}

extension SnapshotPlace {
    /// What a file in the directory is and says of itself.
    func find(_ name: SnapshotFileName) throws(SnapshotsError) -> FoundFile {
        let status: FileStatus
        do {
            status = try kernel.statusOf(file.descriptor, name.text)
        } catch {
            throw .clone(CloneError(error, .status, path.appending(name.text).string))
        }
        let found = { (content: FoundRecord) in
            FoundFile(name: name, inode: status.identity.inode, size: Int64(clamping: status.size), content: content)
        }
        guard status.kind == .regular else { return found(.none(.notRegular)) }
        guard status.uid == geteuid() else { return found(.none(.owner(user: status.uid))) }
        do throws(SnapshotsError) {
            return found(.whole(try record(of: try open(name))))
        } catch .invalidRecord(let problem) {
            return found(.none(.damaged(problem)))
        } catch .newerRecord(let format, _) {
            return found(.none(.newer(format: format)))
        } catch {
            return found(.none(.unreadable(error.message)))
        }
    }
}
