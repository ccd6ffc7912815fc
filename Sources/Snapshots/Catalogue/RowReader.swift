// Reads a row's columns in their order. The rule: what a damaged file holds is an error, never a trap; columns are found by index and taken
// from SQLite itself, since finding them by name, or asking for each through more than that, costs as much as all the rest.

import GRDB
import GRDBSQLite

/// A cursor over the columns of the row that a statement stands on; of no use when the statement has gone on.
struct RowReader {
    private let statement: SQLiteStatement
    private var index: CInt = 0

    init(_ statement: Statement) {
        self.statement = statement.sqliteStatement
    }

    /// A column that holds something else than it can hold.
    struct Damage: Error, CustomStringConvertible {
        let column: Int
        var description: String { "column \(column) holds a value that it can't have" }
    }

    /// The next column. It belongs to the statement, which one thread uses at a time.
    private mutating func next() -> OpaquePointer? {
        defer { index += 1 }
        return sqlite3_column_value(statement, index)
    }

    /// The next column, unless it is empty; what is of another type than it can be is damage.
    private mutating func next(of type: CInt) throws -> OpaquePointer? {
        let value = next()
        let found = sqlite3_value_type(value)
        if found == type { return value }
        guard found == SQLITE_NULL else { throw damage }
        return nil
    }

    mutating func optionalInteger() throws -> Int64? {
        try next(of: SQLITE_INTEGER).map { sqlite3_value_int64($0) }
    }

    /// Gives the bytes of a text, which are there only as long as `body` runs; nil if the column is empty.
    private mutating func withText<T>(_ body: (UnsafeBufferPointer<UInt8>?) throws -> T) throws -> T {
        guard let value = try next(of: SQLITE_TEXT), let start = sqlite3_value_text(value) else { return try body(nil) }
        return try body(UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value))))
    }

    mutating func optionalText() throws -> String? {
        try withText { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    mutating func optionalBytes() throws -> [UInt8]? {
        guard let value = try next(of: SQLITE_BLOB) else { return nil }
        // Of an empty one SQLite has no address.
        guard let start = sqlite3_value_blob(value) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value))))
    }

    mutating func integer() throws -> Int64 {
        guard let value = try optionalInteger() else { throw damage }
        return value
    }

    mutating func text() throws -> String {
        guard let value = try optionalText() else { throw damage }
        return value
    }

    mutating func identifier() throws -> Identifier {
        guard let identifier = try optionalIdentifier() else { throw damage }
        return identifier
    }

    mutating func optionalIdentifier() throws -> Identifier? {
        let damage = Damage(column: Int(index) + 1)
        return try withText { bytes in
            guard let bytes else { return nil }
            guard let identifier = Identifier(parsing: bytes) else { throw damage }
            return identifier
        }
    }

    /// A column whose value has to pass `parse`.
    mutating func value<T>(_ parse: (Int64) -> T?) throws -> T {
        guard let value = parse(try integer()) else { throw damage }
        return value
    }

    /// A column whose text has to pass `parse`.
    mutating func value<T>(_ parse: (String) throws -> T?) throws -> T {
        guard let value = try? parse(try text()) else { throw damage }
        return value
    }

    /// The same for a column that holds mostly the same from row to row.
    mutating func value<T>(_ last: RepeatedText<T>, _ parse: (String) -> T?) throws -> T {
        guard let value = try withText({ $0.flatMap { last.value(of: $0, parse) } }) else { throw damage }
        return value
    }

    /// A column that is empty, or whose value has to pass `parse`.
    mutating func optional<T>(_ parse: (Int64) -> T?) throws -> T? {
        guard let raw = try optionalInteger() else { return nil }
        guard let value = parse(raw) else { throw damage }
        return value
    }

    /// A column that is empty, or whose text has to pass `parse`.
    mutating func optional<T>(_ parse: (String) throws -> T?) throws -> T? {
        guard let raw = try optionalText() else { return nil }
        guard let value = try? parse(raw) else { throw damage }
        return value
    }

    /// Of the column that was read last, counted from 1.
    private var damage: Damage { Damage(column: Int(index)) }
}
