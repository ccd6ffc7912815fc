// A length of time as people say it: calendar steps, whose real length depends on where they start, and elapsed seconds.
// Valid by construction: never negative, never zero, never so long that arithmetic with it could overflow.

/// A duration of calendar years, months, weeks and days, and of elapsed seconds. Longer than nothing, at most 10,000 years.
public struct CalendarDuration: Sendable, Hashable {
    /// Calendar years.
    public let years: Int
    /// Calendar months.
    public let months: Int
    /// Calendar weeks.
    public let weeks: Int
    /// Calendar days, 23 to 25 hours each.
    public let days: Int
    /// Elapsed seconds, after the calendar steps.
    public let seconds: Int

    /// Seven calendar days: how long configured policies keep safety snapshots.
    public static let sevenDays = CalendarDuration(unchecked: (years: 0, months: 0, weeks: 0, days: 7, seconds: 0))

    /// Throws `DurationError.zero`, `.tooLong` or `.negative`.
    public init(years: Int = 0, months: Int = 0, weeks: Int = 0, days: Int = 0, seconds: Int = 0) throws(DurationError) {
        let parts = [(years, 9_999), (months, 119_988), (weeks, 521_700), (days, 3_652_000), (seconds, 315_532_800_000)]
        if parts.contains(where: { $0.0 < 0 }) { throw .negative }
        if parts.contains(where: { $0.0 > $0.1 }) { throw .tooLong }
        if parts.allSatisfy({ $0.0 == 0 }) { throw .zero }
        self.init(unchecked: (years, months, weeks, days, seconds))
    }

    private init(unchecked parts: (years: Int, months: Int, weeks: Int, days: Int, seconds: Int)) {
        years = parts.years
        months = parts.months
        weeks = parts.weeks
        days = parts.days
        seconds = parts.seconds
    }
}

extension CalendarDuration: CustomStringConvertible {
    /// The form that `init(parsing:bareM:)` reads back into an equal value, such as `1y6mo` or `1h30min`.
    public var description: String {
        let parts = [
            (years, "y"), (months, "mo"), (weeks, "w"), (days, "d"),
            (seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
