// The points on a zone's clock where slots start, and from them to instants.
//
// Lengths without months are counted on the clock from Monday 1970-01-05 00:00. So those that divide a day fall on the same times
// every day, whole weeks on Mondays, and the others are evenly spaced. Months are counted from January 1970. Where the clock is moved:
//  - Lengths up to an hour follow the clock through every pass, and a move starts a slot, as it starts an hour bucket of the rules.
//  - For longer ones and times of day, the first instant counts at which the clock has reached the time: one that is skipped is due at
//    the move, and one that occurs twice is due once, at the first.

/// Points on the clock, in milliseconds. Times of day are ascending, at least one; lengths are above zero.
enum Grid: Hashable {
    /// Every so many milliseconds.
    case clock(Int64)
    /// The first day of every so many months.
    case months(Int64)
    /// At these times of each day.
    case times([Int64])

    /// The latest start that is not after the instant.
    func start(atOrBefore instant: Instant, in table: ZoneTable) -> Instant {
        Instant(clamping: start(instant.milliseconds, isNext: false, table))
    }

    /// The first start after the instant.
    func start(after instant: Instant, in table: ZoneTable) -> Instant {
        Instant(clamping: start(instant.milliseconds, isNext: true, table))
    }

    /// The length of a slot, at most and but for moves of the clock.
    var longest: Int64 {
        switch self {
        case .clock(let length): length
        case .months(let count): count * 31 * Self.day
        case .times: Self.day
        }
    }

    /// The length of a slot on an average of those that are the shortest.
    var shortest: Int64 {
        switch self {
        case .clock(let length): length
        case .months(let count): count * 28 * Self.day
        case .times(let times): Self.day / Int64(times.count)
        }
    }

    private static let day: Int64 = 86_400_000

    private func start(_ instant: Int64, isNext: Bool, _ table: ZoneTable) -> Int64 {
        switch self {
        case .clock(let length) where length <= 3_600_000:
            let interval = table.interval(holding: instant)
            let start = Self.point(instant + table.offsets[interval], length) - table.offsets[interval]
            if !isNext { return max(start, table.starts[interval]) }
            return interval + 1 < table.starts.count ? min(start + length, table.starts[interval + 1]) : start + length
        case .clock(let length):
            let start = Self.point(table.reachedLocal(instant), length)
            return table.firstInstant(reachingLocal: isNext ? start + length : start)
        case .months(let length):
            let origin = CivilDate(year: 1970, month: 1, day: 1).monthIndex
            let date = CivilDate(daysSince1970: table.reachedLocal(instant).floorDivided(by: Self.day))
            let count = (date.monthIndex - origin).floorDivided(by: length) + (isNext ? 1 : 0)
            let first = CivilDate.firstDay(ofMonthIndex: origin + count * length)
            return table.firstInstant(reachingLocal: first.daysSince1970 * Self.day)
        case .times(let times):
            let local = table.reachedLocal(instant)
            let date = local.floorDivided(by: Self.day)
            let time = local - date * Self.day
            let chosen =
                isNext ? times.first { $0 > time } ?? times[0] + Self.day : times.last { $0 <= time } ?? times[times.count - 1] - Self.day
            return table.firstInstant(reachingLocal: date * Self.day + chosen)
        }
    }

    /// The latest multiple of `length` after the origin that is not after `local`.
    private static func point(_ local: Int64, _ length: Int64) -> Int64 {
        let origin = 4 * day
        return (local - origin).floorDivided(by: length) * length + origin
    }
}

extension Period {
    /// Where its buckets start.
    var grid: Grid {
        switch self {
        case .hourly: .clock(3_600_000)
        case .daily: .clock(86_400_000)
        case .weekly: .clock(7 * 86_400_000)
        case .monthly: .months(1)
        case .quarterly: .months(3)
        case .yearly: .months(12)
        }
    }
}
