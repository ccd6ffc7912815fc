// When a source is due, as it is written. The rule: valid by construction, so that every schedule has slots (`Slots.swift`).

/// A schedule: once in each length of time, or at times of day.
public struct Schedule: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// Once in each such length: months and years alone, or at least a minute of the rest.
        case every(CalendarDuration)
        /// At these times of every day; ascending, at least one.
        case daily([TimeOfDay])
    }

    let kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    /// Once in each such length of time. Throws `ScheduleError.tooShort` or `.mixed`.
    public static func every(_ duration: CalendarDuration) throws(ScheduleError) -> Schedule {
        let hasMonths = duration.years > 0 || duration.months > 0
        let hasOthers = duration.weeks > 0 || duration.days > 0 || duration.seconds > 0
        if hasMonths && hasOthers { throw .mixed(duration) }
        if !hasMonths && duration.clockLength < 60_000 { throw .tooShort(duration) }
        return Schedule(.every(duration))
    }

    /// At these times of every day, given in any order. Throws `ScheduleError.empty` or `.repeatedTime`.
    public static func daily(_ times: [TimeOfDay]) throws(ScheduleError) -> Schedule {
        let sorted = times.sorted()
        if sorted.isEmpty { throw .empty }
        for index in sorted.indices.dropFirst() where sorted[index] == sorted[index - 1] { throw .repeatedTime(sorted[index]) }
        return Schedule(.daily(sorted))
    }

    /// Reads one duration (a bare `m` is minutes), or times of day.
    public init(parsing words: [String]) throws(ScheduleError) {
        if words.count == 1, !words[0].contains(":") {
            let duration: CalendarDuration
            do { duration = try CalendarDuration(parsing: words[0], bareM: .minutes) } catch { throw .duration(error) }
            self = try .every(duration)
            return
        }
        var times: [TimeOfDay] = []
        for word in words { times.append(try TimeOfDay(parsing: word)) }
        self = try .daily(times)
    }

    /// The texts that `init(parsing:)` reads back as this schedule.
    public var texts: [String] {
        switch kind {
        case .every(let duration): [duration.description]
        case .daily(let times): times.map(\.description)
        }
    }
}

extension CalendarDuration {
    /// Its weeks, days and seconds on a clock that is never moved, in milliseconds. Below 2^50.
    var clockLength: Int64 { Int64(weeks * 7 + days) * 86_400_000 + Int64(seconds) * 1000 }
    /// Its years and months, in months.
    var monthLength: Int64 { Int64(years) * 12 + Int64(months) }
}
