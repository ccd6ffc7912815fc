// The locks under which snapshots are changed: one for each snapshot directory, so that two catalogues exclude each other too. The rule:
// several are taken in one order for everybody (device, inode), or two processes that wait would wait for each other for ever.

import CloneCore

/// Locks of snapshot directories, held until the last reference is gone.
struct DirectoryLocks: Sendable {
    /// None at all.
    static let none = DirectoryLocks(held: [:])

    private let held: [FileIdentity: FileLock]

    /// Takes the locks of several directories, each once, but for those that `others` are: a lock is a descriptor's, so that a process which
    /// takes one again waits for itself.
    static func take(
        _ places: [(place: SnapshotPlace, what: String)], besides others: DirectoryLocks = .none, waiting wait: LockWait,
        _ options: StoreOptions
    ) throws(SnapshotsError) -> DirectoryLocks {
        try beneath { () throws(CloneError) in
            var wanted: [FileIdentity: String] = [:]
            for (place, what) in places { wanted[try place.file.status().identity] = what }
            var held: [FileIdentity: FileLock] = [:]
            for (identity, what) in wanted.sorted(by: { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) })
            where others.held[identity] == nil {
                held[identity] = try FileLock.take(
                    "directory-\(identity.device)-\(identity.inode)", for: what,
                    in: try openPrivateDirectory(options.places.locks, kernel: options.kernel), waiting: wait, kernel: options.kernel)
            }
            return DirectoryLocks(held: held)
        }
    }
}

extension Store {
    /// Takes the lock of a directory.
    func lock(_ place: SnapshotPlace, called name: SourceName) throws(SnapshotsError) -> DirectoryLocks {
        try lock([(place, name)])
    }

    /// Takes the locks of several directories, each once.
    func lock(_ places: [(place: SnapshotPlace, name: SourceName)]) throws(SnapshotsError) -> DirectoryLocks {
        try .take(places.map { ($0.place, "source \($0.name)") }, waiting: options.wait, options)
    }

    /// Takes further locks while some are held, without waiting, whatever was asked for: who holds locks and waits for more may wait for one
    /// who waits for him. Nil: somebody else has one of them.
    func lockIfFree(
        _ places: [(place: SnapshotPlace, name: SourceName)], besides held: DirectoryLocks
    ) throws(SnapshotsError) -> DirectoryLocks? {
        do throws(SnapshotsError) {
            return try .take(places.map { ($0.place, "source \($0.name)") }, besides: held, waiting: .none, options)
        } catch .clone(.locked) {
            return nil
        }
    }

    /// Opens and locks the directory of a snapshot that is to be changed, and mends what a crash left there.
    func openForChange(
        _ snapshot: Snapshot
    ) throws(SnapshotsError) -> (place: SnapshotPlace, lock: DirectoryLocks, warnings: [StoreWarning]) {
        let place = try presentPlace(of: snapshot)
        let lock = try lock(place, called: snapshot.sourceName)
        return (place, lock, try reconcileUnfinished(of: snapshot.sourceID, in: place, under: lock))
    }

    /// The directory of a snapshot, for something that needs its file.
    func presentPlace(of snapshot: Snapshot) throws(SnapshotsError) -> SnapshotPlace {
        let path = snapshot.path ?? snapshot.directory.path
        switch place(of: snapshot.directory, source: snapshot.sourceID) {
        case .identified(let place): return place
        case .unavailable(.poolNotIdentified): throw .unavailable(number: snapshot.number, path: path)
        case .unavailable(let error): throw error
        }
    }
}
