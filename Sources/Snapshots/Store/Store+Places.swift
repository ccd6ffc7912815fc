// From a source to its open directory, and whether that is the right one. The rule: a directory counts only if the pool has the UUID that
// the catalogue remembers and the mark names this source and catalogue; else its snapshots are unavailable, never lost (promise P6).

import CloneCore
import Glibc
import SystemPackage

/// What was found where a source's snapshots should lie.
enum PlaceState: Sendable {
    /// The directory, proved.
    case identified(SnapshotPlace)
    /// The pool is there, the directory is not.
    case gone
    /// The pool is not there, or another one is, or the directory is somebody else's.
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
            if case .noSuchFile = error { return isOnPool(directory) ? .gone : .unavailable(.poolNotIdentified(path: directory.path)) }
            return .unavailable(.clone(error))
        } catch {
            return .unavailable(error)
        }
    }

    /// Whether the nearest directory above that is there is on the pool.
    private func isOnPool(_ directory: SnapshotDirectory) -> Bool {
        var path = directory.path
        while path.removeLastComponent() {
            do {
                let file = try OpenFile(path.string, flags: [.directory, .followLinks], kernel: kernel)
                return try PoolIdentity.of(file.descriptor, path: path.string) == directory.pool
            } catch .noSuchFile {
                continue
            } catch {
                return false
            }
        }
        return false
    }

    /// Everything of these snapshots that can be measured: whether their files are there, and how large they are.
    func measure(_ snapshots: [Snapshot]) -> [ListedSnapshot] {
        struct Key: Hashable {
            var directory: SnapshotDirectory
            var source: Identifier
        }
        var places: [Key: PlaceState] = [:]
        return snapshots.map { snapshot in
            let key = Key(directory: snapshot.directory, source: snapshot.sourceID)
            let state = places[key] ?? place(of: snapshot.directory, source: snapshot.sourceID)
            places[key] = state
            return measure(snapshot, in: state)
        }
    }

    func measure(_ snapshot: Snapshot, in state: PlaceState) -> ListedSnapshot {
        switch state {
        case .unavailable:
            return ListedSnapshot(snapshot: snapshot, presence: .unavailable, allocatedBytes: snapshot.allocatedBytes)
        case .gone:
            return ListedSnapshot(snapshot: snapshot, presence: .missing, allocatedBytes: snapshot.allocatedBytes)
        case .identified(let place):
            return ListedSnapshot(snapshot: snapshot, looking: place)
        }
    }
}

extension ListedSnapshot {
    /// The snapshot as its directory shows it. Only "no such file" means that it is missing: an error of the disk tells nothing.
    fileprivate init(snapshot: Snapshot, looking place: SnapshotPlace) {
        self.init(snapshot: snapshot, presence: .missing, allocatedBytes: snapshot.allocatedBytes)
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
