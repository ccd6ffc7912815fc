// From a source to its open directory, and whether that is the right one. The rule: a directory counts only if the pool has the UUID that
// the catalogue remembers and the mark names this source and catalogue; else its snapshots are unavailable, never lost (promise P6). What is
// not there has no mark: the directory that an unmounted subvolume leaves behind has the pool's UUID, too.

import CloneCore
import Glibc
import SystemPackage

/// What was found where a source's snapshots should lie.
enum PlaceState: Sendable {
    /// The directory, proved.
    case identified(SnapshotPlace)
    /// The pool is not there, or another one is, or the directory is not there or somebody else's.
    case unavailable(SnapshotsError)
}

extension Store {
    /// Looks for the directory in which rows say that snapshots of a source lie.
    func place(of directory: SnapshotDirectory, source: Identifier) -> PlaceState {
        do {
            let place = try SnapshotPlace.open(directory.path, kernel: kernel)
            guard place.pool == directory.pool else { return .unavailable(.poolNotIdentified(path: directory.path)) }
            guard let mark = try place.mark(), mark.catalogueID == catalogue.id, mark.sourceID == source else {
                return .unavailable(.directoryNotMarked(path: directory.path))
            }
            return .identified(place)
        } catch .clone(let error) {
            if case .noSuchFile = error { return .unavailable(absence(of: directory, source: source)) }
            return .unavailable(.clone(error))
        } catch {
            return .unavailable(error)
        }
    }

    /// What to say of a directory that is not there: only where the nearest one above is on the pool may somebody have removed it.
    private func absence(of directory: SnapshotDirectory, source: Identifier) -> SnapshotsError {
        do throws(SnapshotsError) {
            let isOnPool = try beneath { () throws(CloneError) in
                let nearest = try openNearestDirectory(directory.path, kernel: kernel)
                return try PoolIdentity.of(nearest.descriptor, path: nearest.path) == directory.pool
            }
            guard isOnPool, let owner = try catalogue.source(id: source) else { return .poolNotIdentified(path: directory.path) }
            return .directoryMissing(path: directory.path, source: owner.name)
        } catch {
            return .poolNotIdentified(path: directory.path)
        }
    }

    /// Everything of these snapshots that can be measured: whether their files are there, and how large they are. One directory after the
    /// other, so that no more than one is open, however many sources there are.
    func measure(_ snapshots: [Snapshot]) -> [ListedSnapshot] {
        var listed = snapshots.map(ListedSnapshot.init(unmeasured:))
        measure(&listed)
        return listed
    }

    /// The same for a list that may be long: nothing of it is copied.
    func measure(_ listed: inout [ListedSnapshot]) {
        measure(&listed) { place(of: $0, source: $1) }
    }

    /// The same with directories that are looked up by `find`.
    func measure(_ listed: inout [ListedSnapshot], _ find: (SnapshotDirectory, Identifier) -> PlaceState) {
        for (owner, group) in directories(of: listed) {
            for (directory, indices) in group {
                guard case .identified(let place) = find(directory, owner) else { continue }
                for index in indices { listed[index].look(in: place) }
            }
        }
    }

    /// Where they lie, by source. A source has one directory, or a few since it was moved, so that no path is hashed for each row.
    private func directories(of listed: [ListedSnapshot]) -> [Identifier: [(directory: SnapshotDirectory, indices: [Int])]] {
        var groups: [Identifier: [(directory: SnapshotDirectory, indices: [Int])]] = [:]
        for index in listed.indices {
            let directory = listed[index].snapshot.directory
            let owner = listed[index].snapshot.sourceID
            if let known = groups[owner]?.firstIndex(where: { $0.directory == directory }) {
                groups[owner]?[known].indices.append(index)
            } else {
                groups[owner, default: []].append((directory, [index]))
            }
        }
        return groups
    }

    func measure(_ snapshot: Snapshot, in state: PlaceState) -> ListedSnapshot {
        var listed = ListedSnapshot(unmeasured: snapshot)
        if case .identified(let place) = state { listed.look(in: place) }
        return listed
    }
}

extension ListedSnapshot {
    /// The snapshot as its row has it: as if its directory were not there.
    init(unmeasured snapshot: Snapshot) {
        self.init(snapshot: snapshot, presence: .unavailable, allocatedBytes: snapshot.allocatedBytes)
    }

    /// Looks for the file in its directory. Only "no such file" means that it is missing: an error of the disk tells nothing.
    fileprivate mutating func look(in place: SnapshotPlace) {
        presence = .missing
        guard let name = snapshot.fileName else { return }
        do {
            let status = try place.kernel.statusOf(place.file.descriptor, name.text)
            guard status.kind == .regular else { return }
            presence = .present
            allocatedBytes = Int64(clamping: status.allocatedBytes)
        } catch .noSuchFileOrDirectory {
        } catch {
            presence = .unavailable
        }
    }
}
