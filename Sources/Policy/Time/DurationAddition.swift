// Going forward by a duration: years and months, then weeks and days, on the clock of a time zone; then elapsed seconds. For what is
// asked of the future, such as the end of a simulation; no verdict rests on it.

public import FoundationEssentials

extension CalendarDuration {
    /// The instant that lies this duration after `start` in that zone; at the latest the end of the year 9999. A day that the month does not
    /// have is its last one, a time that is skipped the moment of the change.
    public func add(to start: Instant, in zone: TimeZone) -> Instant {
        let day: Int64 = 86_400_000
        let reach = clockLength + (monthLength + 1) * 31 * day
        let table = ZoneTable(
            zone, from: start.advanced(byMilliseconds: -3 * day), through: start.advanced(byMilliseconds: reach + 3 * day))
        var instant = start.milliseconds
        if years > 0 || months > 0 || weeks > 0 || days > 0 {
            let local = instant + table.offsets[table.interval(holding: instant)]
            let date = local.floorDivided(by: day)
            let civil = CivilDate(daysSince1970: date)
            let first = CivilDate.firstDay(ofMonthIndex: civil.monthIndex + monthLength).daysSince1970
            let next = CivilDate.firstDay(ofMonthIndex: civil.monthIndex + monthLength + 1).daysSince1970
            let target = min(first + civil.day - 1, next - 1) + Int64(weeks) * 7 + Int64(days)
            instant = table.firstInstant(reachingLocal: target * day + local - date * day)
        }
        return Instant(clamping: instant + Int64(seconds) * 1000)
    }
}
