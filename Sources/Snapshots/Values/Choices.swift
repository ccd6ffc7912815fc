// The closed choices that a snapshot's record makes. Their raw values are the words in SQL, in the record, in JSON and on the screen: one word,
// one meaning, so a word is never changed once it has been written to disk.

public import CloneCore

/// How far a snapshot's row has come.
public enum SnapshotState: String, Sendable, CaseIterable {
    /// Being made: it does not exist yet.
    case pending
    /// It exists.
    case complete
    /// Being removed.
    case deleting
}

/// Whether a snapshot's file is there. It is found out anew each time, and never stored.
public enum Presence: String, Sendable, CaseIterable {
    /// The file is there.
    case present
    /// The pool is there, the file is not.
    case missing
    /// The pool can't be identified, so nothing is known of the file.
    case unavailable
}

/// How the blocks came to be shared. Methods are only ever added; one that a newer program wrote is kept as its word.
public struct CloneMethod: RawRepresentable, Hashable, Sendable {
    /// All of the image at one instant.
    public static let plain = CloneMethod(.plain)

    /// The method of that way of cloning.
    public init(_ way: CloneWay) { rawValue = way.rawValue }

    /// The word on disk.
    public let rawValue: String

    /// The method of that word, of 1 to 32 small letters, digits, dashes and underscores; nil for another text.
    public init?(rawValue: String) {
        guard (1...32).contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F })
        else { return nil }
        self.rawValue = rawValue
    }
}
