// A group that a crash has torn: all or none. The rule: it is completed if every file is there and whole, undone if one is certainly not
// there, and left as it is while anything can't be told: a disk that answers with an error must not cost the files that are whole. Its members
// are of several sources: it is touched under the locks of all their directories, or not at all.

import CloneCore

/// The file of a group's member, as found.
private struct FoundMember {
    let row: Snapshot
    let place: SnapshotPlace
    let file: FoundFile
    let record: SnapshotRecord
}

extension Store {
    /// Completes or undoes the pending group of a row, whose directory's lock is among `locks`. The process that began the group is dead,
    /// for it held that lock; but another one may be at work in the directories of the other members. Then the group is left to whoever comes next.
    ///
    /// - Parameter lost: a directory that is not there, of which the user says that it will not come back.
    func settleGroup(
        _ group: Identifier, _ row: Snapshot, under locks: DirectoryLocks, withoutFilesIn lost: SnapshotDirectory? = nil
    ) throws(SnapshotsError) -> StoreWarning? {
        let pending = SnapshotFilter(states: [.pending], group: group)
        let members = try catalogue.snapshots(pending)
        // An earlier step may have settled it already.
        guard members.contains(where: { $0.number == row.number }) else { return nil }
        var there: [(row: Snapshot, place: SnapshotPlace)] = []
        for member in members where member.directory != lost {
            guard case .identified(let place) = place(of: member.directory, source: member.sourceID) else { return nil }
            there.append((member, place))
        }
        guard let others = try lockIfFree(there.map { ($0.place, $0.row.sourceName) }, besides: locks) else { return nil }
        defer { withExtendedLifetime(others) {} }
        // Whoever had the locks before may have settled it.
        guard try catalogue.snapshots(pending) == members else { return nil }
        var found: [FoundMember] = []
        for (member, place) in there {
            switch try look(for: member, in: place) {
            case .complete(_, let file, let record):
                found.append(FoundMember(row: member, place: place, file: file, record: record))
            case .drop: break
            default: return nil
            }
        }
        return found.count == members.count ? try finish(found, row) : try undo(members, found, there.map(\.place), row)
    }

    private func look(for member: Snapshot, in place: SnapshotPlace) throws(SnapshotsError) -> ReconcileStep? {
        var files: [FoundFile] = []
        for name in try place.names().compactMap({ SnapshotFileName($0) }) where name.mentions(member.id) {
            if let file = try place.find(name) { files.append(file) }
        }
        return reconcile(rows: [member], files: files, catalogue: catalogue.id, now: now).first
    }

    private func finish(_ found: [FoundMember], _ row: Snapshot) throws(SnapshotsError) -> StoreWarning {
        for item in found {
            try item.place.remember(item.row.number)
            try item.place.synchronize()
        }
        try catalogue.together { () throws(SnapshotsError) in
            for item in found {
                try catalogue.complete(
                    item.row.number, item.record.completion(fileName: item.file.name, allocatedBytes: item.row.allocatedBytes),
                    event: occasion(.completed))
            }
        }
        for item in found { protect(item.file.name, in: item.place) }
        return .reconciled(.completed, row.number)
    }

    private func undo(
        _ members: [Snapshot], _ found: [FoundMember], _ places: [SnapshotPlace], _ row: Snapshot
    ) throws(SnapshotsError) -> StoreWarning {
        for item in found { try unlink(item.row, item.file.name, in: item.place) }
        for place in places { try place.synchronize() }
        try catalogue.together { () throws(SnapshotsError) in
            for member in members { try catalogue.drop(member.number, event: occasion(.dropped, "its group was not finished")) }
        }
        return .reconciled(.dropped, row.number)
    }
}
