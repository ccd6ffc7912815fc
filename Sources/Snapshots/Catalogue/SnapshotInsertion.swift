// Writing a new row of the snapshot table, pending or complete.

import Policy
import CloneCore
import Foundation
import GRDB
import SystemPackage

struct SnapshotInsertion {
    let draft: SnapshotDraft
    let completion: SnapshotCompletion?
    let number: SnapshotNumber?

    private static let sql = """
        INSERT INTO snapshot (number, id, source, directory, file_name, image_path, state, taken_at, created_at, revision, label, held,
            hold_reason, hold_until, group_id, origin, consistency, scope, logical_bytes, allocated_bytes, frozen_us, extents,
            clone_method, image_user, image_group, image_mode, image_acl, image_security, image_nocow, image_project, image_extsize,
            image_cowextsize, recloned_bytes, predicted_us)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// Writes the row and its tags, and says what number it has.
    func insert(_ db: Database) throws -> SnapshotNumber {
        try Catalogue.check(draft.imagePath)
        try Catalogue.check(draft.directory.path)
        let source = try SourceRow.fetch(db, id: draft.sourceID)
        let directory = try Self.row(db, of: draft.directory)
        do {
            try db.cachedStatement(sql: Self.sql).execute(arguments: arguments(source: source.row, directory: directory))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw try Self.conflict(db, id: draft.id) ?? error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL && error.message?.contains("disk") != true {
            throw SnapshotsError.numbersExhausted
        }
        guard let number = SnapshotNumber(db.lastInsertedRowID) else { throw SnapshotsError.numbersExhausted }
        try Self.setTags(db, number, draft.description.tags)
        return number
    }

    private func arguments(source: Int64, directory: Int64) -> StatementArguments {
        let description = draft.description
        let image = draft.image
        let takenAt = completion?.takenAt ?? draft.begunAt
        let first: StatementArguments = [
            number?.value, draft.id.description, source, directory, completion?.fileName.text, draft.imagePath.string,
            (completion == nil ? SnapshotState.pending : .complete).rawValue, takenAt.milliseconds, draft.begunAt.milliseconds,
            description.revision.value, description.label?.text, description.hold == nil ? 0 : 1, description.hold?.reason,
            description.hold?.until?.milliseconds,
        ]
        let second: StatementArguments = [
            draft.group?.description, draft.origin.rawValue, (completion?.consistency ?? draft.consistency).rawValue, draft.scope?.rawValue,
            completion?.logicalBytes ?? 0, completion?.allocatedBytes ?? 0, completion?.frozenMicroseconds, completion?.extentCount,
            (completion?.cloneMethod ?? .plain).rawValue,
        ]
        let third: StatementArguments = [
            Int64(image.user), Int64(image.group), Int64(image.mode), image.accessList.map { Data($0) },
            SecurityAttributesText.write(image.security), image.isNoCOW ? 1 : 0, image.project.map { Int64($0) },
            image.extentSize.map { Int64($0) }, image.cowExtentSize.map { Int64($0) },
            completion?.reclonedBytes, completion?.predictedMicroseconds,
        ]
        return first + second + third
    }

    /// The error for an id or a file name that is there already.
    private static func conflict(_ db: Database, id: Identifier) throws -> SnapshotsError? {
        let statement = try db.cachedStatement(sql: "SELECT number FROM snapshot WHERE id = ?")
        guard let number = try Int64.fetchOne(statement, arguments: [id.description]) else { return nil }
        return .snapshotTaken(id: id, number: SnapshotNumber(number))
    }

    /// The row of that directory, made if there is none.
    static func row(_ db: Database, of directory: SnapshotDirectory) throws -> Int64 {
        let arguments: StatementArguments = [directory.path.string, directory.pool.type, directory.pool.uuid]
        let statement = try db.cachedStatement(sql: "SELECT row FROM directory WHERE path = ? AND pool_type = ? AND pool_uuid = ?")
        if let row = try Int64.fetchOne(statement, arguments: arguments) { return row }
        try db.cachedStatement(sql: "INSERT INTO directory (path, pool_type, pool_uuid) VALUES (?, ?, ?)").execute(arguments: arguments)
        return db.lastInsertedRowID
    }

    static func setTags(_ db: Database, _ number: SnapshotNumber, _ tags: Tags) throws {
        for tag in tags {
            try db.cachedStatement(sql: "INSERT INTO snapshot_tag (snapshot, tag) VALUES (?, ?)")
                .execute(arguments: [number.value, tag.text])
        }
    }
}
