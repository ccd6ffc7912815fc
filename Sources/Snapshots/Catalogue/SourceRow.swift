// A source as it lies in its table. The order of `columns` is the order in which `init` reads.

import CloneCore
import Policy
import GRDB
import SystemPackage

struct SourceRow {
    static let columns = """
        source.row, source.id, source.name, source.image_path, source.snapshot_directory, source.pool_type, source.pool_uuid, \
        source.policy, source.scope, source.created_at, source.removed_at
        """

    let row: Int64
    let source: Source

    private init(_ reader: inout RowReader) throws {
        self.row = try reader.integer()
        let id = try reader.identifier()
        let name = try reader.value { try SourceName(parsing: $0) }
        let imagePath = try reader.value { FilePath(recorded: $0) }
        let directory = try reader.optional { FilePath(recorded: $0) }
        let poolType = try reader.optionalText()
        let poolUUID = try reader.optionalText()
        var pool: PoolIdentity?
        if let poolType, let poolUUID { pool = PoolIdentity(type: poolType, uuid: poolUUID) }
        source = Source(
            id: id, name: name, imagePath: imagePath, snapshotDirectory: directory, pool: pool, policy: try reader.optionalText(),
            scope: try reader.optional { Scope(rawValue: $0) }, createdAt: try reader.value { Instant(milliseconds: $0) },
            removedAt: try reader.optional { Instant(milliseconds: $0) })
    }

    /// The rows that satisfy `condition` (SQL after WHERE), oldest first.
    static func fetch(_ db: Database, where condition: String = "1", _ arguments: StatementArguments = []) throws -> [SourceRow] {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM source WHERE \(condition) ORDER BY row")
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        var rows: [SourceRow] = []
        while try cursor.next() != nil {
            var reader = RowReader(statement)
            rows.append(try SourceRow(&reader))
        }
        return rows
    }

    static func fetch(_ db: Database, id: Identifier) throws -> SourceRow {
        guard let row = try fetch(db, where: "id = ?", [id.description]).first else {
            throw SnapshotsError.unknownSource(reference: id.description, nearest: [])
        }
        return row
    }
}
