// A point in time as the catalogue keeps it: whole milliseconds in UTC. The rule: every `Instant` can be written with a year of four
// digits, so that no text form of it ever fails. The clock is not read here: the caller passes the time in.

public import FoundationEssentials

/// A point in time with a resolution of one millisecond, between the years 0000 and 9999.
public struct Instant: Hashable, Comparable, Sendable {
    /// 0000-01-01T00:00:00.000Z.
    public static let earliest = Instant(unchecked: -62_167_219_200_000)
    /// 9999-12-31T23:59:59.999Z.
    public static let latest = Instant(unchecked: 253_402_300_799_999)

    /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
    public let milliseconds: Int64

    private init(unchecked milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The instant that many milliseconds after 1970; nil when it is before ``earliest`` or after ``latest``.
    public init?(milliseconds: Int64) {
        guard milliseconds >= Self.earliest.milliseconds, milliseconds <= Self.latest.milliseconds else { return nil }
        self.milliseconds = milliseconds
    }

    /// The instant that many milliseconds after 1970, or the nearest that there can be.
    public init(clamping milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.earliest.milliseconds), Self.latest.milliseconds)
    }

    /// The instant of a clock's seconds and nanoseconds since 1970, rounded down to a millisecond.
    public init(seconds: Int64, nanoseconds: Int64) {
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, overflowOfSum) = scaled.addingReportingOverflow(Int64((Double(nanoseconds) / 1_000_000).rounded(.down)))
        self.init(clamping: overflow || overflowOfSum ? (seconds < 0 ? .min : .max) : sum)
    }

    /// The instant nearest to `date`.
    public init(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        // A Double beyond these bounds (or not a number) would trap when converted.
        guard milliseconds > Double(Self.earliest.milliseconds) else {
            self = .earliest
            return
        }
        guard milliseconds < Double(Self.latest.milliseconds) else {
            self = .latest
            return
        }
        self.milliseconds = Int64(milliseconds)
    }

    /// The same as a Foundation date. The way there and back is exact.
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// The instant that many milliseconds later (earlier, if negative), stopping at the bounds.
    public func advanced(byMilliseconds difference: Int64) -> Instant {
        let (sum, overflow) = milliseconds.addingReportingOverflow(difference)
        return Instant(clamping: overflow ? (difference < 0 ? .min : .max) : sum)
    }

    /// Earlier ones come first.
    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
}
