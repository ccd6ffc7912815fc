// Which form the catalogue on disk has, and how an older one becomes the present one. The rule: migrations are numbered and never edited, each
// runs in one transaction with its number, and a newer form is refused. The number is SQLite's user_version, which costs nothing to
// read, so that opening a catalogue of the present form looks at no schema and runs no migrator.

import GRDB

enum Schema {
    /// "losn": what marks a database as a catalogue of losnap.
    static let applicationID: Int64 = 0x6C6F_736E

    /// All migrations; the n-th leads to version n.
    static let migrations: [String] = [SchemaV1.sql, SchemaV2.sql]

    /// For who only reads: temporary views that give an older catalogue the present form, by its version.
    static let imitations: [Int64: String] = [1: SchemaV2.imitation]

    /// The form that this program writes.
    static var version: Int64 { Int64(migrations.count) }

    /// What a database says of itself.
    struct Mark {
        var version: Int64
        var applicationID: Int64
    }

    static func mark(of db: Database) throws -> Mark {
        Mark(version: try pragma("user_version", in: db), applicationID: try pragma("application_id", in: db))
    }

    private static func pragma(_ name: String, in db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "PRAGMA \(name)") ?? 0
    }

    /// Brings the database to the present form. Runs inside an immediate transaction, so it reads the version again: another process may
    /// have been faster.
    static func migrate(_ db: Database) throws {
        for (index, sql) in migrations.enumerated() where Int64(index) >= (try mark(of: db).version) {
            try db.execute(sql: sql)
            try db.execute(sql: "PRAGMA user_version = \(index + 1)")
        }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    }
}
