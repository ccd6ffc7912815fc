// What people call a snapshot by: a number that is never used twice in one catalogue. It ends at the largest integer that
// every JSON reader keeps exactly.

/// The number of a snapshot within its catalogue, from 1; never reused.
public struct SnapshotNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The largest number there can be: 2^53 - 1.
    public static let greatest = SnapshotNumber(unchecked: 9_007_199_254_740_991)

    /// The number itself.
    public let value: Int64

    /// The number `value`, or nil when it is not between 1 and ``greatest``.
    public init?(_ value: Int64) {
        guard value >= 1, value <= Self.greatest.value else { return nil }
        self.value = value
    }

    private init(unchecked value: Int64) {
        self.value = value
    }

    /// The number that `text` spells in decimal digits, without sign or blanks; nil when it does not.
    public init?(parsing text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let value = Int64(text) else { return nil }
        self.init(value)
    }

    /// The decimal digits.
    public var description: String { String(value) }

    /// Earlier numbers come first.
    public static func < (left: SnapshotNumber, right: SnapshotNumber) -> Bool { left.value < right.value }
}
