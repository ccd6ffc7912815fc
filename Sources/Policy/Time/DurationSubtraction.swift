// Going back by a duration: years and months, then weeks and days, on the clock of a time zone; then elapsed seconds.
//
// The rule: a later start never gives an earlier result. Otherwise the window of a `within` rule could grow backwards from one
// day to the next, over snapshots that were removed the day before, and pruning often would not give what pruning once
// gives. Three details follow from it (Docs/Decisions/0002-pruning-often.md): a day that the month does not have becomes the
// instant at which that month ends; a time that was skipped becomes the moment of the change; of a time that occurs
// twice the first is meant, and a start in a stretch that is being repeated counts as that stretch's end.

public import FoundationEssentials

extension CalendarDuration {
    /// The instant that lies this duration before `end` in that zone; at the earliest the start of the year 0.
    public func subtract(from end: Instant, in zone: TimeZone) -> Instant {
        subtract(from: end, in: ZoneTable(zone, through: end))
    }

    /// The same for dates.
    public func subtract(from end: Date, in zone: TimeZone) -> Date {
        subtract(from: Instant(end), in: zone).date
    }

    /// The table must reach to `end`.
    func subtract(from end: Instant, in table: ZoneTable) -> Instant {
        var instant = end.milliseconds
        // Without calendar steps the clock has no say: two hours are two hours.
        if years > 0 || months > 0 || weeks > 0 || days > 0 {
            let day: Int64 = 86_400_000
            let local = table.steadyLocal(instant)
            var date = local.floorDivided(by: day)
            var time = local - date * day
            if years > 0 || months > 0 {
                let start = CivilDate(daysSince1970: date)
                let month = start.monthIndex - Int64(years) * 12 - Int64(months)
                let first = CivilDate.firstDay(ofMonthIndex: month).daysSince1970
                let next = CivilDate.firstDay(ofMonthIndex: month + 1).daysSince1970
                date = first + start.day - 1
                if date >= next {
                    date = next
                    time = 0
                }
            }
            date -= Int64(weeks) * 7 + Int64(days)
            instant = table.firstInstant(atLocal: date * day + time)
        }
        return Instant(clamping: instant - Int64(seconds) * 1000)
    }
}
