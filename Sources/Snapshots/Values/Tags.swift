// Words that group snapshots across sources, for rules and lists. The rule: a set, kept sorted, so that two equal sets are equal as
// rows, as JSON and as values.

/// One tag: 1 to 64 bytes of UTF-8 without control characters or commas.
public struct Tag: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest a tag may be, in bytes.
    public static let limit = 64

    /// The tag's text.
    public let text: String

    /// The tag that `text` is.
    ///
    /// - Throws: ``SnapshotsError/invalidTag(text:problem:)``
    public init(parsing text: String) throws(SnapshotsError) {
        if let problem = text.textProblem(limit: Self.limit) { throw .invalidTag(text: text, problem: problem) }
        // Lists show tags joined by commas.
        if text.contains(",") { throw .invalidTag(text: text, problem: .character(",")) }
        self.text = text
    }

    /// The tag's text.
    public var description: String { text }

    /// By their characters.
    public static func < (left: Tag, right: Tag) -> Bool { left.text < right.text }
}

/// At most 64 different tags, in order.
public struct Tags: Hashable, Sendable, RandomAccessCollection {
    /// The most there may be.
    public static let limit = 64
    /// No tags.
    public static let none = Tags(sorted: [])

    private let sorted: [Tag]

    private init(sorted: [Tag]) {
        self.sorted = sorted
    }

    /// These tags, each once.
    ///
    /// - Throws: ``SnapshotsError/tooManyTags(count:limit:)``
    public init(_ tags: some Sequence<Tag>) throws(SnapshotsError) {
        let distinct = Set(tags)
        guard distinct.count <= Self.limit else { throw .tooManyTags(count: distinct.count, limit: Self.limit) }
        sorted = distinct.sorted()
    }

    /// These tags with `added` and without `removed`; what is in both is removed.
    public func changed(adding added: [Tag], removing removed: [Tag]) throws(SnapshotsError) -> Tags {
        try Tags(Set(sorted).union(added).subtracting(removed))
    }

    /// Zero.
    public var startIndex: Int { 0 }
    /// How many there are.
    public var endIndex: Int { sorted.count }
    /// The tag at that place in the order.
    public subscript(position: Int) -> Tag { sorted[position] }
}
