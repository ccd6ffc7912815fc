// A group that a crash has torn: all or none. The rule: it is completed if every file is there and whole, undone if one is certainly not
// there, and left as it is while anything can't be told: a disk that answers with an error must not cost the files that are whole.

import CloneCore

/// The file of a group's member, as found.
private struct FoundMember {
    let row: Snapshot
    let place: SnapshotPlace
    let file: FoundFile
    let record: SnapshotRecord
}

extension Store {
    /// Completes or undoes the pending group of a row. Its own processes are dead, for they held the lock that is ours now.
    ///
    /// - Parameter lost: a directory that is not there, of which the user says that it will not come back.
    func settleGroup(
        _ group: Identifier, _ row: Snapshot, withoutFilesIn lost: SnapshotDirectory? = nil
    ) throws(SnapshotsError) -> StoreWarning? {
        let members = try catalogue.snapshots(SnapshotFilter(states: [.pending], group: group))
        // An earlier step may have settled it already.
        guard members.contains(where: { $0.number == row.number }) else { return nil }
        var found: [FoundMember] = []
        var places: [SnapshotPlace] = []
        for member in members where member.directory != lost {
            guard case .identified(let place) = place(of: member.directory, source: member.sourceID) else { return nil }
            places.append(place)
            switch try look(for: member, in: place) {
            case .complete(_, let file, let record):
                found.append(FoundMember(row: member, place: place, file: file, record: record))
            case .drop: break
            default: return nil
            }
        }
        return found.count == members.count ? try finish(found, row) : try undo(members, found, places, row)
    }

    private func look(for member: Snapshot, in place: SnapshotPlace) throws(SnapshotsError) -> ReconcileStep? {
        var files: [FoundFile] = []
        for name in try place.names().compactMap({ SnapshotFileName($0) }) where name.mentions(member.id) {
            files.append(try place.find(name))
        }
        return reconcile(rows: [member], files: files, pool: .identified, catalogue: catalogue.id, now: now).first
    }

    private func finish(_ found: [FoundMember], _ row: Snapshot) throws(SnapshotsError) -> StoreWarning {
        for item in found { try item.place.synchronize() }
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
