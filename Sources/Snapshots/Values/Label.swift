// The user's one-line description of a snapshot, which also names it (`home@before-upgrade`). The rule: a label can always be typed as a
// reference and never means another one, hence no `@`, at which references are split, and no text that reads like a time or a number.

/// What a user calls a snapshot: 1 to 255 bytes of UTF-8 without control characters, with something to be seen.
public struct Label: Hashable, Sendable, CustomStringConvertible {
    /// The longest a label may be, in bytes.
    public static let limit = 255

    /// The label's text.
    public let text: String

    /// The label that `text` is.
    ///
    /// - Throws: ``SnapshotsError/invalidLabel(text:problem:)``
    public init(parsing text: String) throws(SnapshotsError) {
        if let problem = Self.problem(of: text) { throw .invalidLabel(text: text, problem: problem) }
        // Also one that has joined with what follows it.
        guard !text.utf8.contains(UInt8(ascii: "@")) else { throw .invalidLabel(text: text, problem: .character("@")) }
        guard text.unicodeScalars.contains(where: \.isVisible) else { throw .invalidLabel(text: text, problem: .blank) }
        self.text = text
    }

    /// The label that stands in a row or record, where older ones may be blank.
    ///
    /// - Throws: ``SnapshotsError/invalidLabel(text:problem:)``
    init(recorded text: String) throws(SnapshotsError) {
        if let problem = Self.problem(of: text) { throw .invalidLabel(text: text, problem: problem) }
        self.text = text
    }

    private static func problem(of text: String) -> TextProblem? {
        if let problem = text.textProblem(limit: limit) { return problem }
        if text.contains("@") { return .character("@") }
        return SelectorShape(of: text) == .label ? nil : .looksLikeReference
    }

    /// The label's text.
    public var description: String { text }
}
