// The locks under which snapshots are changed: one for each snapshot directory, so that two catalogues exclude each other too. The rule:
// several are taken in one order for everybody (device, inode), or two processes that wait would wait for each other for ever.

import CloneCore

extension Store {
    /// Takes the lock of a directory.
    func lock(_ place: SnapshotPlace, called name: SourceName) throws(SnapshotsError) -> FileLock {
        try beneath { () throws(CloneError) in
            try takeLock(of: try place.file.status().identity, called: name)
        }
    }

    /// Takes the locks of several directories, each once.
    func lock(_ places: [(place: SnapshotPlace, name: SourceName)]) throws(SnapshotsError) -> [FileLock] {
        try beneath { () throws(CloneError) in
            var names: [FileIdentity: SourceName] = [:]
            for (place, name) in places { names[try place.file.status().identity] = name }
            var locks: [FileLock] = []
            for (identity, name) in names.sorted(by: { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) }) {
                locks.append(try takeLock(of: identity, called: name))
            }
            return locks
        }
    }

    private func takeLock(of directory: FileIdentity, called name: SourceName) throws(CloneError) -> FileLock {
        try FileLock.take(
            "directory-\(directory.device)-\(directory.inode)", for: "source \(name)",
            in: try openPrivateDirectory(options.places.locks, kernel: kernel), wait: options.waitsForLocks,
            atMost: options.longestWaitNanoseconds, kernel: kernel)
    }

    /// Opens and locks the directory of a snapshot that is to be changed, and mends what a crash left there.
    func openForChange(_ snapshot: Snapshot) throws(SnapshotsError) -> (place: SnapshotPlace, lock: FileLock, warnings: [StoreWarning]) {
        let place = try presentPlace(of: snapshot)
        let lock = try lock(place, called: snapshot.sourceName)
        return (place, lock, try reconcileUnfinished(of: snapshot.sourceID, in: place))
    }

    /// The directory of a snapshot, for something that needs its file.
    func presentPlace(of snapshot: Snapshot) throws(SnapshotsError) -> SnapshotPlace {
        let path = snapshot.path ?? snapshot.directory.path
        switch place(of: snapshot.directory, source: snapshot.sourceID) {
        case .identified(let place): return place
        case .gone: throw .fileMissing(number: snapshot.number, path: path)
        case .unavailable(.poolNotIdentified), .unavailable(.directoryNotMarked):
            throw .unavailable(number: snapshot.number, path: path)
        case .unavailable(let error): throw error
        }
    }
}
