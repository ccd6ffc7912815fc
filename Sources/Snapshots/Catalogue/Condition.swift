// What stands after WHERE, put together from the parts of a filter. Values are always bound, never spelled.

import GRDB

struct Condition {
    private var parts: [String] = []
    private(set) var arguments = StatementArguments()

    var sql: String { parts.isEmpty ? "1" : parts.joined(separator: " AND ") }

    mutating func require(_ part: String, _ values: any DatabaseValueConvertible...) {
        parts.append(part)
        for value in values { arguments += [value] }
    }

    mutating func require(_ part: String, values: [String]) {
        parts.append(part)
        arguments += StatementArguments(values)
    }

    /// The column has one of these values; nil does not narrow, an empty list matches nothing.
    mutating func require(_ column: String, in values: [String]?) {
        guard let values else { return }
        parts.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))")
        arguments += StatementArguments(values)
    }
}
