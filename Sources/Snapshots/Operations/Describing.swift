// Holds, labels and tags: the part of a record that people change. The rule: the record in the file first, then the row, so that a hold is
// in force before anything says so; a release the other way round. The higher revision wins after a crash, but a hold in either stays.

import CloneCore
import Glibc
import SystemPackage

/// Which of the two is written first.
private enum WriteOrder {
    case recordFirst, rowFirst
}

extension Store {
    /// Forbids a snapshot's removal.
    public func hold(_ snapshot: ListedSnapshot, _ hold: Hold) throws(SnapshotsError) -> ListedSnapshot {
        try change(snapshot, .recordFirst, occasion(.held, hold.reason)) { $0.hold = hold }
    }

    /// Allows it again.
    public func release(_ snapshot: ListedSnapshot) throws(SnapshotsError) -> ListedSnapshot {
        try change(snapshot, .rowFirst, occasion(.released)) { $0.hold = nil }
    }

    /// Gives a snapshot a label; nil takes it away.
    public func label(_ snapshot: ListedSnapshot, _ label: Label?) throws(SnapshotsError) -> ListedSnapshot {
        try change(snapshot, .recordFirst, occasion(.labelled, label?.text)) { $0.label = label }
    }

    /// Adds tags to a snapshot and removes others.
    public func tag(_ snapshot: ListedSnapshot, adding: [Tag], removing: [Tag]) throws(SnapshotsError) -> ListedSnapshot {
        let tags = try snapshot.snapshot.tags.changed(adding: adding, removing: removing)
        return try change(snapshot, .recordFirst, occasion(.tagged, tags.map(\.text).joined(separator: ","))) { $0.tags = tags }
    }

    private func change(
        _ listed: ListedSnapshot, _ order: WriteOrder, _ event: Occasion, _ change: (inout SnapshotDescription) -> Void
    ) throws(SnapshotsError) -> ListedSnapshot {
        let place = try presentPlace(of: listed.snapshot)
        let lock = try lock(place, of: listed.snapshot)
        defer { withExtendedLifetime(lock) {} }
        // Read again under the lock: what was listed may be old.
        guard let row = try catalogue.snapshot(listed.snapshot.number), row.state == .complete, let name = row.fileName else {
            throw .unknownSnapshot(reference: listed.snapshot.number.description, nearest: [])
        }
        let (file, record) = try place.open(name, expecting: row.id)
        var description = row.description
        // What only the record knows after a crash is not to be lost by writing over it.
        if record.description.revision > description.revision { description = record.description }
        description = description.revised(change)
        switch order {
        case .recordFirst:
            try write(description, to: file, of: row)
            try catalogue.describe(row.number, description, event: event)
        case .rowFirst:
            try catalogue.describe(row.number, description, event: event)
            try write(description, to: file, of: row)
        }
        guard let changed = try catalogue.snapshot(row.number) else { return listed }
        return ListedSnapshot(snapshot: changed, presence: listed.presence, allocatedBytes: listed.allocatedBytes)
    }

    /// Writes a snapshot's record anew. The immutable flag is off for the time of it.
    func write(_ description: SnapshotDescription, to file: OpenFile, of row: Snapshot) throws(SnapshotsError) {
        var changed = row
        changed.description = description
        let bytes = try SnapshotRecord(changed, catalogue: catalogue.id).encoded()
        let wasImmutable = try kernel.clearImmutable(file)
        // A file of mode 0400 takes no attributes from a user who is not root.
        let needsMode = geteuid() != 0
        do throws(CloneError) {
            if needsMode { try calling(.setMode, file.path) { () throws(Errno) in try kernel.setMode(file.descriptor, 0o600) } }
            try calling(.setXattr, file.path) { () throws(Errno) in
                try kernel.setXattr(file.descriptor, RecordAttribute.name(user: geteuid()), bytes)
            }
            if needsMode { try calling(.setMode, file.path) { () throws(Errno) in try kernel.setMode(file.descriptor, 0o400) } }
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        } catch {
            if needsMode { try? kernel.setMode(file.descriptor, 0o400) }
            if wasImmutable { _ = try? kernel.makeImmutable(file) }
            throw .clone(error)
        }
        if wasImmutable { _ = try kernel.makeImmutable(file) }
    }

    /// The directory of a snapshot, for something that needs its file.
    func presentPlace(of snapshot: Snapshot) throws(SnapshotsError) -> SnapshotPlace {
        let path = snapshot.path ?? snapshot.directory.path
        switch place(of: snapshot.directory, source: snapshot.sourceID) {
        case .identified(let place): return place
        case .gone: throw .fileMissing(number: snapshot.number, path: path)
        case .unavailable(.directoryExposed(let path, let exposure)): throw .directoryExposed(path: path, exposure: exposure)
        case .unavailable: throw .unavailable(number: snapshot.number, path: path)
        }
    }

    func lock(_ place: SnapshotPlace, of snapshot: Snapshot) throws(SnapshotsError) -> FileLock {
        try lock(place, called: snapshot.sourceName)
    }
}
