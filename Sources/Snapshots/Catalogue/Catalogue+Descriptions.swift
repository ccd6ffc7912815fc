// The catalogue's verb about label, tags and hold. The rule: the caller says which revision the change makes, the one that it has written or
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
}
