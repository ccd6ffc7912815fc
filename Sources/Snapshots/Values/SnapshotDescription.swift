// The part of a record that people may change, which lies in the row and in the file's xattr alike. The rule: every change raises the
// revision by one, so that after a crash between the two writes reconcile can tell which is the later.

public import Policy

/// The number of a change of a record, from 1.
public struct Revision: Hashable, Comparable, Sendable {
    /// That of a new record.
    public static let first = Revision(unchecked: 1)
    /// The largest there can be; far beyond what people can type, far below what overflows.
    public static let greatest = Revision(unchecked: 1 << 40)

    /// The largest that is believed of a file in a directory: one out of a damaged record must leave room for changes.
    static let greatestBelieved = Revision(unchecked: 1 << 32)

    /// The number itself.
    public let value: Int64

    private init(unchecked value: Int64) {
        self.value = value
    }

    /// The revision of that number; nil when it is not between 1 and ``greatest``.
    public init?(_ value: Int64) {
        guard value >= 1, value <= Self.greatest.value else { return nil }
        self.value = value
    }

    /// The next one; at ``greatest`` it stays there.
    public var next: Revision { Revision(unchecked: min(value + 1, Self.greatest.value)) }

    /// Earlier ones come first.
    public static func < (left: Revision, right: Revision) -> Bool { left.value < right.value }
}

/// What people may change of a snapshot's record.
public struct SnapshotDescription: Hashable, Sendable {
    /// The number of the last change.
    public var revision: Revision
    /// What a user calls it.
    public var label: Label?
    /// Its tags.
    public var tags: Tags
    /// The hold on it, in force or not.
    public var hold: Hold?

    /// A description of that content.
    public init(revision: Revision = .first, label: Label? = nil, tags: Tags = .none, hold: Hold? = nil) {
        self.revision = revision
        self.label = label
        self.tags = tags
        self.hold = hold
    }

    /// Whether a hold forbids removal at that instant.
    public func isHeld(at now: Instant) -> Bool { hold?.counts(at: now) ?? false }
}
