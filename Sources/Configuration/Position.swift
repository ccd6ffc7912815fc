// Where something stands in a configuration. The rule: every value and every complaint has one, so that nobody has to search.

/// A place in a file. Lines and columns count from 1, columns in Unicode scalars.
public struct Position: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The file as it is shown.
    public let file: String
    /// The line.
    public let line: Int
    /// The column.
    public let column: Int

    /// That place.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// "FILE:3:5".
    public var description: String { "\(file):\(line):\(column)" }

    /// By line and column.
    public static func < (left: Position, right: Position) -> Bool { (left.line, left.column) < (right.line, right.column) }
}

/// What a key says, and where.
public struct Setting<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The value; nil where `null` switches off what would be inherited.
    public let value: Value?
    /// Where the value stands.
    public let position: Position
}
