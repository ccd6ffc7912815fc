// A time zone as a table of intervals of constant offset, read once from the zone data; after that, local time is one
// addition. Holds for zones of every kind: offsets with seconds, half-hour changes, changes of standard time without
// summer time, a whole day skipped. `nextDaylightSavingTimeTransition` reports all of these, not only summer time;
// a test compares the table with `secondsFromGMT(for:)` over every known zone.
// In a static executable the zone data is there only because `TimeZoneName.swift` uses a symbol of
// FoundationInternationalization; importing it is not enough.

import FoundationEssentials

/// The offsets of one zone from a given start, usually the year 0, to a given end. All numbers are milliseconds.
struct ZoneTable {
    /// When each interval starts, ascending; the first one starts before every instant there can be.
    private(set) var starts: [Int64]
    /// Local time minus UTC in each interval.
    private(set) var offsets: [Int64]
    /// The highest local time that any earlier interval reached (exclusive). Where it is above the local time of the
    /// interval's start, the clock was put back there.
    private(set) var ceilings: [Int64]

    /// What lies before `start` has the offset of the start.
    init(_ zone: TimeZone, from start: Instant = .earliest, through end: Instant) {
        var date = start.date
        starts = [Instant.earliest.milliseconds]
        offsets = [Int64(zone.secondsFromGMT(for: date)) * 1000]
        ceilings = [Int64.min]
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date {
            // As dates: an instant would stop at the year 9999, and the changes after it have no end.
            guard next <= end.date else { break }
            let start = Instant(next).milliseconds
            date = next
            let offset = Int64(zone.secondsFromGMT(for: next)) * 1000
            // Some changes are of the name only. An hour bucket must not be cut in two by them.
            guard let previous = offsets.last, let ceiling = ceilings.last, offset != previous else { continue }
            starts.append(start)
            offsets.append(offset)
            ceilings.append(max(ceiling, start + previous))
        }
    }

    /// The interval that holds the instant.
    func interval(holding instant: Int64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= instant { low = middle } else { high = middle }
        }
        return low
    }

    /// Local time that never runs backwards: while the clock repeats a stretch, this stands still at the stretch's end.
    func steadyLocal(_ instant: Int64) -> Int64 {
        let index = interval(holding: instant)
        return max(instant + offsets[index], ceilings[index])
    }

    /// The first instant at which `steadyLocal` is at least `local`: the first of two occurrences of a repeated time, and
    /// the moment of the change for a time that was skipped.
    func firstInstant(atLocal local: Int64) -> Int64 {
        var low = 0
        var high = starts.count
        // The last interval whose start is not yet past `local`; starts are ascending in steady local time, too.
        while high - low > 1 {
            let middle = (low + high) / 2
            if max(starts[middle] + offsets[middle], ceilings[middle]) < local { low = middle } else { high = middle }
        }
        let candidate = local - offsets[low]
        // Past the interval's end: skipped by the change.
        return low + 1 < starts.count ? min(candidate, starts[low + 1]) : candidate
    }
    /// The highest local time that the clock has shown up to the instant: while it repeats a stretch, the last millisecond of that.
    func reachedLocal(_ instant: Int64) -> Int64 {
        let index = interval(holding: instant)
        return max(instant + offsets[index] + 1, ceilings[index]) - 1
    }

    /// The first instant at which `reachedLocal` is at least `local`: the first of two occurrences, and the moment of the change for a
    /// time that was skipped. Unlike ``firstInstant(atLocal:)`` it takes the end of a repeated stretch for what follows the stretch.
    func firstInstant(reachingLocal local: Int64) -> Int64 {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if max(starts[middle] + offsets[middle] + 1, ceilings[middle]) - 1 < local { low = middle } else { high = middle }
        }
        let candidate = local - offsets[low]
        return low + 1 < starts.count ? min(candidate, starts[low + 1]) : candidate
    }
}
