// Going on by a duration, for what is to end some time from now: years and months, then weeks and days, on the clock of a time zone; then
// elapsed seconds. The rule: a day that the month does not have becomes the last one that it has. No rule of retention goes forward.

public import FoundationEssentials

extension CalendarDuration {
    /// The instant that lies this duration after `start` in that zone; at the latest the end of the year 9999.
    public func add(to start: Instant, in zone: TimeZone) -> Instant {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        var date = start.date
        for step in [DateComponents(year: years, month: months), DateComponents(day: weeks * 7 + days)] {
            guard let next = calendar.date(byAdding: step, to: date), next < Instant.latest.date else { return .latest }
            date = next
        }
        return Instant(date).advanced(byMilliseconds: Int64(seconds) * 1000)
    }
}
