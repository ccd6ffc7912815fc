// Reads a row's columns in their order. The rule: what a damaged file holds is an error, never a trap, which is what GRDB's own conversion of
// a NULL would be; columns are found by index, since finding them by name costs as much as all the rest.

import Foundation
import GRDB

/// A cursor over the columns of one row.
struct RowReader {
    private let row: Row
    private var index = 0

    init(_ row: Row) {
        self.row = row
    }

    /// A column that holds something else than it can hold.
    struct Damage: Error, CustomStringConvertible {
        let column: Int
        var description: String { "column \(column) holds a value that it can't have" }
    }

    mutating func optionalInteger() -> Int64? {
        defer { index += 1 }
        return row[index]
    }

    mutating func optionalText() -> String? {
        defer { index += 1 }
        return row[index]
    }

    mutating func optionalBytes() -> [UInt8]? {
        defer { index += 1 }
        let data: Data? = row[index]
        return data.map { Array($0) }
    }

    mutating func integer() throws -> Int64 {
        guard let value = optionalInteger() else { throw damage }
        return value
    }

    mutating func text() throws -> String {
        guard let value = optionalText() else { throw damage }
        return value
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

    /// A column that is empty, or whose value has to pass `parse`.
    mutating func optional<T>(_ parse: (Int64) -> T?) throws -> T? {
        guard let raw = optionalInteger() else { return nil }
        guard let value = parse(raw) else { throw damage }
        return value
    }

    /// A column that is empty, or whose text has to pass `parse`.
    mutating func optional<T>(_ parse: (String) throws -> T?) throws -> T? {
        guard let raw = optionalText() else { return nil }
        guard let value = try? parse(raw) else { throw damage }
        return value
    }

    private var damage: Damage { Damage(column: index) }
}
