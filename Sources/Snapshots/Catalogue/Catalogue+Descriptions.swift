// The catalogue's verbs about label, tags and hold. The rule: the caller says which revision the change makes, the one that it has written or
// will write into the file; a row that has that revision or a later one already was changed by another, and stays as it is.

import Policy
import GRDB

extension Catalogue {
    /// Gives a snapshot this description, whose revision must be higher than the row's.
    ///
    /// - Throws: ``SnapshotsError/recordChanged(number:)`` when it is not, ``SnapshotsError/unknownSnapshot(reference:nearest:)``.
    @discardableResult
    public func describe(
        _ number: SnapshotNumber, _ description: SnapshotDescription, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try write { db in
            let before = try Self.need(db, number)
            guard before.revision < description.revision else { throw SnapshotsError.recordChanged(number: number) }
            try db.cachedStatement(
                sql: "UPDATE snapshot SET revision = ?, label = ?, held = ?, hold_reason = ?, hold_until = ? WHERE number = ?"
            ).execute(arguments: [
                description.revision.value, description.label?.text, description.hold == nil ? 0 : 1, description.hold?.reason,
                description.hold?.until?.milliseconds, number.value,
            ])
            if before.tags != description.tags {
                try db.cachedStatement(sql: "DELETE FROM snapshot_tag WHERE snapshot = ?").execute(arguments: [number.value])
                try SnapshotInsertion.setTags(db, number, description.tags)
            }
            return try Self.log(db, occasion, try Self.need(db, number))
        }
    }

    /// Holds a snapshot.
    @discardableResult
    public func setHold(
        _ number: SnapshotNumber, _ hold: Hold, revision: Revision, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try change(number, to: revision, event: occasion) { $0.hold = hold }
    }

    /// Releases a snapshot.
    @discardableResult
    public func release(_ number: SnapshotNumber, revision: Revision, event occasion: Occasion) throws(SnapshotsError) -> Snapshot {
        try change(number, to: revision, event: occasion) { $0.hold = nil }
    }

    /// Gives a snapshot a label, or takes it away.
    @discardableResult
    public func setLabel(
        _ number: SnapshotNumber, _ label: Label?, revision: Revision, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try change(number, to: revision, event: occasion) { $0.label = label }
    }

    /// Gives a snapshot these tags and no others.
    @discardableResult
    public func setTags(
        _ number: SnapshotNumber, _ tags: Tags, revision: Revision, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try change(number, to: revision, event: occasion) { $0.tags = tags }
    }

    private func change(
        _ number: SnapshotNumber, to revision: Revision, event occasion: Occasion, _ change: (inout SnapshotDescription) -> Void
    ) throws(SnapshotsError) -> Snapshot {
        try together { () throws(SnapshotsError) -> Snapshot in
            guard let before = try snapshot(number) else { throw .unknownSnapshot(reference: number.description, nearest: []) }
            // What else the row says was read by the caller at the revision before; anything later would be lost.
            guard before.revision.next == revision else { throw .recordChanged(number: number) }
            var description = before.description
            change(&description)
            description.revision = revision
            return try describe(number, description, event: occasion)
        }
    }
}
