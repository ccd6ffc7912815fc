// The one representation of time inside this module: whole milliseconds since 1970-01-01T00:00:00Z. Exact, eight bytes,
// and cheap to compare, so that a million of them can be sorted and bucketed without a Date or a Calendar in sight.

public import FoundationEssentials

/// A point in time, to the millisecond, in UTC. Always within the years 1 to 9999, the ones RFC 3339 can write.
public struct Instant: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let milliseconds: Int64

    /// The start of the year 1.
    public static let earliest = Instant(milliseconds: -62_135_596_800_000)
    /// The last millisecond of the year 9999.
    public static let latest = Instant(milliseconds: 253_402_300_799_999)

    /// Makes an instant from milliseconds since 1970 UTC; what lies outside the years 1 to 9999 becomes the nearest
    /// instant inside, so that no arithmetic of this module can overflow.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999)
    }

    /// Rounds to the nearest millisecond (a Date is a Double and rarely hits one exactly); clamped as above.
    public init(_ date: Date) {
        let exact = (date.timeIntervalSince1970 * 1000).rounded()
        // The comparison is written so that it is false for NaN too.
        guard exact > -62_135_596_800_000 else {
            self = .earliest
            return
        }
        self.init(milliseconds: exact < 253_402_300_799_999 ? Int64(exact) : 253_402_300_799_999)
    }

    /// The same instant for Foundation.
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// Earlier.
    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
}
