// What a source is called on the command line and in a folder's name. The rule: safe as one path component, and never mistaken for
// an option, a path or a number of anything else.

/// The name of a source: 1 to 64 letters, digits, `.`, `_` and `-`, not starting with a dot or a dash.
public struct SourceName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest a name may be, in bytes.
    public static let limit = 64

    /// The name's text.
    public let text: String

    /// The name that `text` is.
    ///
    /// - Throws: ``SnapshotsError/invalidSourceName(text:problem:)``
    public init(parsing text: String) throws(SnapshotsError) {
        if let problem = Self.problem(of: text) { throw .invalidSourceName(text: text, problem: problem) }
        self.text = text
    }

    private static func problem(of text: String) -> TextProblem? {
        if text.isEmpty { return .empty }
        if text.unicodeScalars.contains(where: \.isControl) { return .controlCharacter }
        if let stranger = text.first(where: { !isAllowed($0) }) { return .character(stranger) }
        if text.hasPrefix(".") || text.hasPrefix("-") { return .start }
        return text.utf8.count > limit ? .tooLong(limit: limit) : nil
    }

    private static func isAllowed(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber) || character == "." || character == "_" || character == "-"
    }

    /// The name's text.
    public var description: String { text }

    /// By their characters.
    public static func < (left: SourceName, right: SourceName) -> Bool { left.text < right.text }
}
