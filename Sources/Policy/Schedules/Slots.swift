// The slots of a schedule: from each slot's start to the next one's, a source is due once. The rule: every instant lies in exactly one
// slot, and the starts depend on the calendar and the zone alone, never on when somebody asked or what was taken before.
//
// Lengths without months are counted on the zone's clock from Monday 1970-01-05 00:00. So those that divide a day fall on the same times
// every day, whole weeks on Mondays, and the others are evenly spaced. Months and years are counted from January 1970. Where the
// clock is moved:
//  - Lengths up to an hour follow the clock through every pass, and a move starts a slot, as it starts an hour bucket of the rules.
//  - For longer ones and times of day, the first instant counts at which the clock has reached the time: one that is skipped is due at
//    the move, and one that occurs twice is due once, at the first.

public import FoundationEssentials

extension Schedule {
    /// The start of the slot that `instant` lies in: the latest start that is not after it.
    public func slot(at instant: Instant, in zone: TimeZone) -> Instant {
        slot(at: instant, in: table(around: instant, zone))
    }

    /// The first start of a slot after `instant`; `Instant.latest` if there is none before the year 10000.
    public func next(after instant: Instant, in zone: TimeZone) -> Instant {
        next(after: instant, in: table(around: instant, zone))
    }

    /// The table must reach three days and a slot in both directions.
    func slot(at instant: Instant, in table: ZoneTable) -> Instant {
        Instant(clamping: start(of: .atOrBefore, instant.milliseconds, table))
    }

    /// The table must reach three days and a slot in both directions.
    func next(after instant: Instant, in table: ZoneTable) -> Instant {
        Instant(clamping: start(of: .after, instant.milliseconds, table))
    }

    private enum Side { case atOrBefore, after }

    private func start(of side: Side, _ instant: Int64, _ table: ZoneTable) -> Int64 {
        switch kind {
        case .every(let duration) where duration.monthLength > 0:
            let origin = CivilDate(year: 1970, month: 1, day: 1).monthIndex
            let length = duration.monthLength
            let date = CivilDate(daysSince1970: table.reachedLocal(instant).floorDivided(by: day))
            let count = (date.monthIndex - origin).floorDivided(by: length) + (side == .after ? 1 : 0)
            let first = CivilDate.firstDay(ofMonthIndex: origin + count * length)
            return table.firstInstant(reachingLocal: first.daysSince1970 * day)
        case .every(let duration) where duration.clockLength <= 3_600_000:
            let interval = table.interval(holding: instant)
            let start = gridStart(instant + table.offsets[interval], duration.clockLength) - table.offsets[interval]
            if side == .atOrBefore { return max(start, table.starts[interval]) }
            let next = start + duration.clockLength
            return interval + 1 < table.starts.count ? min(next, table.starts[interval + 1]) : next
        case .every(let duration):
            let start = gridStart(table.reachedLocal(instant), duration.clockLength)
            return table.firstInstant(reachingLocal: side == .after ? start + duration.clockLength : start)
        case .daily(let times):
            let local = table.reachedLocal(instant)
            let date = local.floorDivided(by: day)
            let time = local - date * day
            let starts = times.map(\.milliseconds)
            let chosen: Int64
            switch side {
            case .atOrBefore: chosen = starts.last { $0 <= time } ?? starts[starts.count - 1] - day
            case .after: chosen = starts.first { $0 > time } ?? starts[0] + day
            }
            return table.firstInstant(reachingLocal: date * day + chosen)
        }
    }

    /// The latest multiple of `length` after the origin that is not after `local`.
    private func gridStart(_ local: Int64, _ length: Int64) -> Int64 {
        let origin = 4 * day
        return (local - origin).floorDivided(by: length) * length + origin
    }

    private var day: Int64 { 86_400_000 }

    /// The moves of the clock that can matter for the slots beside an instant. A slot is at most 31 days a month; what came more than a
    /// day or so before a slot does not matter, for no clock was ever put back by more.
    private func table(around instant: Instant, _ zone: TimeZone) -> ZoneTable {
        let length: Int64
        switch kind {
        case .every(let duration): length = duration.clockLength + duration.monthLength * 31 * day
        case .daily: length = day
        }
        let span = length + 3 * day
        return ZoneTable(zone, from: instant.advanced(byMilliseconds: -span), through: instant.advanced(byMilliseconds: span))
    }
}
