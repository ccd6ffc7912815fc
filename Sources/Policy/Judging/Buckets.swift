// Which hour, day, week, month, quarter and year an instant belongs to, as whole numbers. Made for a walk from newest to
// oldest: the interval of the zone and the last date are remembered, so that a step costs a few integer operations.

/// The buckets of one instant: equal numbers mean the same bucket, within one period.
struct BucketKeys {
    /// When the hour bucket really begins, in milliseconds UTC: two passes through one hour on the clock begin at two times.
    var hour: Int64 = 0
    /// Days, Monday weeks (ISO 8601), months, quarters, years since some origin.
    var day: Int64 = 0
    var week: Int64 = 0
    var month: Int64 = 0
    var quarter: Int64 = 0
    var year: Int64 = 0

    subscript(period: Period) -> Int64 {
        switch period {
        case .hourly: hour
        case .daily: day
        case .weekly: week
        case .monthly: month
        case .quarterly: quarter
        case .yearly: year
        }
    }
}

/// Turns instants, each not later than the one before, into buckets.
struct BucketWalk {
    private let table: ZoneTable
    private var interval: Int
    private var keys = BucketKeys()

    /// The table must reach to the first instant.
    init(_ table: ZoneTable) {
        self.table = table
        interval = table.starts.count - 1
        setDate(0)
    }

    /// The buckets of the instant.
    mutating func keys(at instant: Instant) -> BucketKeys {
        let instant = instant.milliseconds
        while interval > 0, instant < table.starts[interval] { interval -= 1 }
        let local = instant + table.offsets[interval]
        let hourStart = instant - (local - local.floorDivided(by: 3_600_000) * 3_600_000)
        // A change within an hour on the clock begins a new bucket there.
        keys.hour = max(hourStart, table.starts[interval])
        let day = local.floorDivided(by: 86_400_000)
        if day != keys.day { setDate(day) }
        return keys
    }

    private mutating func setDate(_ day: Int64) {
        let date = CivilDate(daysSince1970: day)
        keys.day = day
        // 1970-01-01 was a Thursday, three days after a Monday. A week belongs to one week-year, so a running number is enough.
        keys.week = (day + 3).floorDivided(by: 7)
        keys.month = date.monthIndex
        keys.quarter = date.monthIndex.floorDivided(by: 3)
        keys.year = date.year
    }
}

/// The buckets that a rule has seen on its way from newest to oldest.
struct BucketMemory {
    private var lowest = Int64.max
    // Where the clock was put back over midnight, the way leads from one day into the next and back again. No clock was ever
    // put back by more than about a day, so what comes again is among the last few.
    private var recent: [Int64] = []
    private static let span = 8

    /// Whether the bucket is new; from now on it is not.
    mutating func admits(_ key: Int64) -> Bool {
        if key == recent.last { return false }
        if key >= lowest, recent.contains(key) { return false }
        lowest = min(lowest, key)
        if recent.count == BucketMemory.span { recent.removeFirst() }
        recent.append(key)
        return true
    }
}
