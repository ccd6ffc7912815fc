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
    ///
    /// - Parameter replaces: whether the hold takes the place of one that lasts longer.
    /// - Throws: ``SnapshotsError/holdWouldShorten(number:from:to:)``, judged under the lock by row and record.
    public func hold(
        _ snapshot: ListedSnapshot, _ hold: Hold, replaces: Bool = false
    ) throws(SnapshotsError) -> ListedSnapshot {
        let now = now
        return try change(snapshot, .recordFirst, occasion(.held, hold.reason)) { (description) throws(SnapshotsError) in
            if !replaces, let old = description.hold, old.counts(at: now), hold.endsBefore(old) {
                throw .holdWouldShorten(number: snapshot.snapshot.number, from: old, to: hold)
            }
            description.hold = hold
        }
    }

    /// Allows it again. Says whether it was forbidden before, by row or record.
    public func release(_ snapshot: ListedSnapshot) throws(SnapshotsError) -> (snapshot: ListedSnapshot, wasHeld: Bool) {
        let now = now
        var wasHeld = false
        let released = try change(snapshot, .rowFirst, occasion(.released)) { description in
            wasHeld = description.isHeld(at: now)
            description.hold = nil
        }
        return (released, wasHeld)
    }

    /// Gives a snapshot a label; nil takes it away.
    public func label(_ snapshot: ListedSnapshot, _ label: Label?) throws(SnapshotsError) -> ListedSnapshot {
        try change(snapshot, .recordFirst, occasion(.labelled, label?.text)) { $0.label = label }
    }

    /// Adds tags to a snapshot and removes others.
    public func tag(_ snapshot: ListedSnapshot, adding: [Tag], removing: [Tag]) throws(SnapshotsError) -> ListedSnapshot {
        let words = adding.map { "+\($0.text)" } + removing.map { "-\($0.text)" }
        return try change(snapshot, .recordFirst, occasion(.tagged, words.joined(separator: " "))) { (description) throws(SnapshotsError) in
            // Of the tags that it has now, not of those that it had when it was listed.
            description.tags = try description.tags.changed(adding: adding, removing: removing)
        }
    }

    private func change(
        _ listed: ListedSnapshot, _ order: WriteOrder, _ event: Occasion,
        _ change: (inout SnapshotDescription) throws(SnapshotsError) -> Void
    ) throws(SnapshotsError) -> ListedSnapshot {
        let (place, lock, _) = try openForChange(listed.snapshot)
        defer { withExtendedLifetime(lock) {} }
        // Read again under the lock: what was listed may be old.
        guard let row = try catalogue.snapshot(listed.snapshot.number), row.state == .complete else {
            throw .unknownSnapshot(reference: listed.snapshot.number.description, nearest: [])
        }
        let (file, record) = try place.open(row)
        // What a crash left in only one of the two is not to be lost by writing over it, a hold least of all.
        let settlement = Settlement.between(row: row.description, record: record.description, now: now)
        var description = settlement?.description ?? row.description
        let before = description
        try change(&description)
        // Nothing to write, and nothing to tell: a label given twice, a release of what is not held.
        if settlement == nil, description == before { return listed }
        let latest = max(row.revision, record.description.revision)
        // None may follow one that nobody can have come to by changes, or the snapshot could not be changed any more.
        guard latest.next > latest, record.description.revision <= max(.greatestBelieved, row.revision) else {
            throw .invalidRecord(problem: .invalid(field: "revision"))
        }
        description.revision = latest.next
        var flagFailure: SnapshotsError?
        switch order {
        case .recordFirst:
            flagFailure = try write(description, to: file, of: row)
            try log(settlement, of: row, description, event)
        case .rowFirst:
            try log(settlement, of: row, description, event)
            flagFailure = try write(description, to: file, of: row)
        }
        // Only now: the two say the same whatever became of the flag.
        if let flagFailure { throw flagFailure }
        guard let changed = try catalogue.snapshot(row.number) else { return listed }
        return ListedSnapshot(snapshot: changed, presence: listed.presence, allocatedBytes: listed.allocatedBytes)
    }

    /// Writes the row, and both events: what had been found in only one of the two, and the change.
    private func log(
        _ settlement: Settlement?, of row: Snapshot, _ description: SnapshotDescription, _ event: Occasion
    ) throws(SnapshotsError) {
        try catalogue.together { () throws(SnapshotsError) in
            if settlement != nil { try catalogue.append(Event(occasion(.settled), row)) }
            try catalogue.describe(row.number, description, event: event)
        }
    }

    /// Writes a snapshot's record anew. The immutable flag is off for the time of it; an error of setting it again is returned, for by then
    /// the record is written.
    @discardableResult
    func write(_ description: SnapshotDescription, to file: OpenFile, of row: Snapshot) throws(SnapshotsError) -> SnapshotsError? {
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
        guard wasImmutable else { return nil }
        do throws(SnapshotsError) {
            _ = try kernel.makeImmutable(file)
            return nil
        } catch {
            return error
        }
    }
}
