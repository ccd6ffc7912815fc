// The catalogue's verbs about the fate of a snapshot: pending, complete, deleting, gone. The rule: a verb names the state that it starts
// from, and is refused in any other, so that two processes can't both have done it.

import Policy
import CloneCore
import GRDB

extension Catalogue {
    /// Enters a snapshot that is about to be taken, and gives it its number.
    ///
    /// - Throws: ``SnapshotsError/snapshotTaken(id:number:)``, ``SnapshotsError/unknownSource(reference:nearest:)``, and the
    ///   catalogue's own errors.
    public func begin(_ draft: SnapshotDraft) throws(SnapshotsError) -> Snapshot {
        try write { db in
            let number = try SnapshotInsertion(draft: draft, completion: nil, number: nil).insert(db)
            return try Self.need(db, number)
        }
    }

    /// A pending snapshot has been published: from now on it exists.
    @discardableResult
    public func complete(
        _ number: SnapshotNumber, _ completion: SnapshotCompletion, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try write { db in
            _ = try Self.need(db, number, in: [.pending])
            try db.cachedStatement(
                sql: """
                    UPDATE snapshot SET state = 'complete', file_name = ?, taken_at = ?, consistency = ?, logical_bytes = ?,
                        allocated_bytes = ?, frozen_us = ?, extents = ?, clone_method = ?,
                        recloned_bytes = ?, predicted_us = ?
                    WHERE number = ?
                    """
            ).execute(arguments: [
                completion.fileName.text, completion.takenAt.milliseconds, completion.consistency.rawValue, completion.logicalBytes,
                completion.allocatedBytes, completion.frozenMicroseconds, completion.extentCount, completion.cloneMethod.rawValue,
                completion.reclonedBytes, completion.predictedMicroseconds, number.value,
            ])
            return try Self.log(db, occasion, try Self.need(db, number))
        }
    }

    /// A complete snapshot is going to be removed, for this reason.
    @discardableResult
    public func markDeleting(_ number: SnapshotNumber, _ removal: Removal) throws(SnapshotsError) -> Snapshot {
        try write { db in
            _ = try Self.need(db, number, in: [.complete])
            try db.cachedStatement(
                sql: "UPDATE snapshot SET state = 'deleting', removal_kind = ?, removal_reason = ?, removal_command = ? WHERE number = ?"
            ).execute(arguments: [removal.kind.rawValue, removal.reason, removal.command, number.value])
            return try Self.need(db, number)
        }
    }

    /// A removal is not carried out: the snapshot is complete again.
    @discardableResult
    public func backToComplete(_ number: SnapshotNumber, event occasion: Occasion) throws(SnapshotsError) -> Snapshot {
        try write { db in
            _ = try Self.need(db, number, in: [.deleting])
            try db.cachedStatement(
                sql: """
                    UPDATE snapshot SET state = 'complete', removal_kind = NULL, removal_reason = NULL, removal_command = NULL
                    WHERE number = ?
                    """
            ).execute(arguments: [number.value])
            return try Self.log(db, occasion, try Self.need(db, number))
        }
    }

    /// Strikes off a snapshot whose file is gone or never was: pending or deleting. Its number stays used.
    public func drop(_ number: SnapshotNumber, event occasion: Occasion) throws(SnapshotsError) {
        try drop(number, from: [.pending, .deleting], event: occasion)
    }

    /// Strikes off a complete snapshot whose file is missing, because the user says so.
    public func forget(_ number: SnapshotNumber, event occasion: Occasion) throws(SnapshotsError) {
        try drop(number, from: [.complete], event: occasion)
    }

    private func drop(_ number: SnapshotNumber, from states: Set<SnapshotState>, event occasion: Occasion) throws(SnapshotsError) {
        try write { db in
            let snapshot = try Self.need(db, number, in: states)
            try db.cachedStatement(sql: "DELETE FROM snapshot WHERE number = ?").execute(arguments: [number.value])
            try Self.log(db, occasion, snapshot)
        }
    }

    /// Takes in a snapshot that exists already. It keeps the wanted number if that is free and sensible, else it gets a new one.
    public func adopt(
        _ draft: SnapshotDraft, _ completion: SnapshotCompletion, number wanted: SnapshotNumber?, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try write { db in
            var number = wanted
            if let wanted, try wanted.value > Self.greatestBelieved || Self.fetch(db, wanted) != nil { number = nil }
            let given = try SnapshotInsertion(draft: draft, completion: completion, number: number).insert(db)
            return try Self.log(db, occasion, try Self.need(db, given))
        }
    }

    /// Counts all numbers up to this one as given: the next snapshot gets a higher one.
    func skipNumbers(through number: SnapshotNumber) throws(SnapshotsError) {
        guard number.value <= Self.greatestBelieved else { return }
        try write { db in
            // The row comes into being with the first snapshot (https://sqlite.org/autoinc.html).
            try db.cachedStatement(
                sql: """
                    INSERT INTO sqlite_sequence (name, seq)
                    SELECT 'snapshot', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'snapshot')
                    """
            ).execute()
            try db.cachedStatement(sql: "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'snapshot' AND seq < ?1")
                .execute(arguments: [number.value])
        }
    }

    /// A number out of a damaged record or mark must not use up all the numbers behind it.
    private static let greatestBelieved: Int64 = 1 << 40

    /// Notes that a snapshot's file has another plain name, or lies in another directory, than the row says.
    @discardableResult
    public func relocate(
        _ number: SnapshotNumber, directory: SnapshotDirectory, fileName: SnapshotFileName, event occasion: Occasion
    ) throws(SnapshotsError) -> Snapshot {
        try Self.check(directory.path)
        return try write { db in
            _ = try Self.need(db, number, in: [.complete, .deleting])
            try db.cachedStatement(sql: "UPDATE snapshot SET directory = ?, file_name = ? WHERE number = ?")
                .execute(arguments: [try SnapshotInsertion.row(db, of: directory), fileName.text, number.value])
            return try Self.log(db, occasion, try Self.need(db, number))
        }
    }

    // MARK: Shared

    /// The snapshot of that number, which must be there, in one of these states.
    static func need(_ db: Database, _ number: SnapshotNumber, in states: Set<SnapshotState>? = nil) throws -> Snapshot {
        guard let snapshot = try fetch(db, number) else {
            throw SnapshotsError.unknownSnapshot(reference: number.description, nearest: [])
        }
        if let states, !states.contains(snapshot.state) { throw SnapshotsError.wrongState(number: number, state: snapshot.state) }
        return snapshot
    }

    @discardableResult
    static func log(_ db: Database, _ occasion: Occasion, _ snapshot: Snapshot) throws -> Snapshot {
        try EventRow.insert(db, Event(occasion, snapshot))
        return snapshot
    }
}
