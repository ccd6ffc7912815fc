// When the slots of a schedule start: examples beside every kind of move of the clock, and what holds for all.

import FoundationEssentials
import FoundationInternationalization
import TestSupport
import Testing

@testable import Policy

@Suite(.timeLimit(.minutes(15))) struct SlotTests {
    /// The starts of all slots from `start` on, as long as they are before `end`.
    private func starts(_ words: String, _ zone: String, _ start: String, _ end: String) throws -> [Instant] {
        let schedule = try Schedule(parsing: words.split(separator: " ").map(String.init))
        let zone = try timeZone(named: zone)
        var found = [schedule.slot(at: at(start), in: zone)]
        while let last = found.last, last < at(end), found.count < 1000 { found.append(schedule.next(after: last, in: zone)) }
        return found.filter { (at(start)..<at(end)).contains($0) }
    }

    @Test(arguments: [
        (
            "15min", ["2026-01-15T10:00:00Z", "2026-01-15T10:15:00Z", "2026-01-15T10:30:00Z", "2026-01-15T10:45:00Z"],
            "2026-01-15T11:00:00Z"
        ),
        ("1h", ["2026-01-15T10:00:00Z", "2026-01-15T11:00:00Z"], "2026-01-15T12:00:00Z"),
        (
            "6h", ["2026-01-15T00:00:00Z", "2026-01-15T06:00:00Z", "2026-01-15T12:00:00Z", "2026-01-15T18:00:00Z"],
            "2026-01-16T00:00:00Z"
        ),
        ("1d", ["2026-01-15T00:00:00Z", "2026-01-16T00:00:00Z"], "2026-01-17T00:00:00Z"),
        ("24h", ["2026-01-15T00:00:00Z", "2026-01-16T00:00:00Z"], "2026-01-17T00:00:00Z"),
        // Mondays.
        ("1w", ["2026-01-12T00:00:00Z", "2026-01-19T00:00:00Z"], "2026-01-26T00:00:00Z"),
        ("7d", ["2026-01-12T00:00:00Z", "2026-01-19T00:00:00Z"], "2026-01-26T00:00:00Z"),
        ("2w", ["2026-01-19T00:00:00Z", "2026-02-02T00:00:00Z"], "2026-02-16T00:00:00Z"),
        ("1mo", ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"], "2026-03-01T00:00:00Z"),
        ("3mo", ["2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"], "2026-07-01T00:00:00Z"),
        ("1y", ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"], "2028-01-01T00:00:00Z"),
        ("2y", ["2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z"], "2030-01-01T00:00:00Z"),
        // Counted from 1970-01-05: 2026-01-11 comes 20,460 days later, which is 2046 times ten days, 98,208 times five hours and
        // 13,640 times 36 hours.
        ("10d", ["2026-01-11T00:00:00Z", "2026-01-21T00:00:00Z"], "2026-01-31T00:00:00Z"),
        ("5h", ["2026-01-11T00:00:00Z", "2026-01-11T05:00:00Z", "2026-01-11T10:00:00Z"], "2026-01-11T15:00:00Z"),
        ("1d12h", ["2026-01-11T00:00:00Z", "2026-01-12T12:00:00Z"], "2026-01-14T00:00:00Z"),
        (
            "07:30 19:45", ["2026-01-14T19:45:00Z", "2026-01-15T07:30:00Z", "2026-01-15T19:45:00Z"],
            "2026-01-16T07:30:00Z"
        ),
        ("12:00", ["2026-01-14T12:00:00Z", "2026-01-15T12:00:00Z"], "2026-01-16T12:00:00Z"),
    ])
    func aSlotStartsWhereTheCalendarSays(words: String, expected: [String], end: String) throws {
        #expect(try starts(words, "UTC", expected[0], end) == expected.map { at($0) })
        let schedule = try Schedule(parsing: words.split(separator: " ").map(String.init))
        let utc = try timeZone(named: "UTC")
        #expect(schedule.slot(at: at(end) + -1, in: utc) == at(expected[expected.count - 1]))
        #expect(schedule.next(after: at(expected[0]) + -1, in: utc) == at(expected[0]))
    }

    @Test(arguments: [
        // Midnight and Monday are those of the zone, also in summer.
        ("1d", "Europe/London", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z", ["2026-07-01T23:00:00Z"]),
        ("1w", "America/New_York", "2026-07-01T00:00:00Z", "2026-07-08T00:00:00Z", ["2026-07-06T04:00:00Z"]),
        // London's clock goes from 01:00 to 02:00 in spring: the time skipped is due at the move.
        ("01:30", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z", ["2026-03-29T01:00:00Z"]),
        ("01:00 01:30 02:00", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", ["2026-03-29T01:00:00Z"]),
        (
            "30min", "Europe/London", "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z",
            ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
        ),
        (
            "2h", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T05:00:00Z",
            ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"]
        ),
        // And from 02:00 back to 01:00 in autumn: hours come twice, times of day and longer lengths once.
        (
            "1h", "Europe/London", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z",
            ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]
        ),
        ("01:30", "Europe/London", "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z", ["2026-10-25T00:30:00Z"]),
        ("02:00", "Europe/London", "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z", ["2026-10-25T02:00:00Z"]),
        (
            "2h", "Europe/London", "2026-10-24T23:00:00Z", "2026-10-25T05:00:00Z",
            ["2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T04:00:00Z"]
        ),
        // Lord Howe moves by half an hour; a move starts an hour's slot, as it starts a bucket.
        (
            "1h", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z",
            ["2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"]
        ),
        (
            "1h", "Australia/Lord_Howe", "2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z",
            ["2026-10-03T14:30:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"]
        ),
        // A day without midnight, a midnight after an hour that was repeated, and a day that there never was.
        ("1d", "America/Sao_Paulo", "2018-11-04T00:00:00Z", "2018-11-05T00:00:00Z", ["2018-11-04T03:00:00Z"]),
        ("1d", "America/Sao_Paulo", "2018-02-17T12:00:00Z", "2018-02-18T12:00:00Z", ["2018-02-18T03:00:00Z"]),
        ("1d", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z", ["2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"]),
        ("07:00 08:00", "Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-30T18:00:00Z", ["2011-12-30T10:00:00Z", "2011-12-30T17:00:00Z"]),
    ])
    func aMoveOfTheClockIsSeen(words: String, zone: String, start: String, end: String, expected: [String]) throws {
        #expect(try starts(words, zone, start, end) == expected.map { at($0) })
    }

    @Test func everyInstantLiesInOneSlot() throws {
        try rounds(3000) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let schedule = try Schedule.random(using: &random)
            let instant = try instant(near: zone, using: &random)
            let slot = schedule.slot(at: instant, in: zone)
            let next = schedule.next(after: instant, in: zone)
            let what: Comment = "\(schedule.texts) \(zone.identifier) \(instant.date); \(seed)"
            #expect(slot <= instant, what)
            #expect(instant < next, what)
            #expect(schedule.slot(at: slot, in: zone) == slot, what)
            #expect(schedule.slot(at: next, in: zone) == next, what)
            #expect(schedule.slot(at: next + -1, in: zone) == slot, what)
            #expect(schedule.next(after: slot, in: zone) == next, what)
            #expect(schedule.next(after: slot + -1, in: zone) == slot, what)
            let later = instant + Int64.random(in: 0...(40 * Length.day), using: &random)
            #expect(schedule.slot(at: later, in: zone) >= slot, what)
            #expect(schedule.next(after: later, in: zone) >= next, what)
        }
    }

    @Test func aShortViewOfTheZoneGivesWhatTheWholeGives() throws {
        try rounds(500) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let schedule = try Schedule.random(using: &random)
            let instant = try instant(near: zone, using: &random)
            let whole = ZoneTable(zone, through: at("2200-01-01T00:00:00Z"))
            let what: Comment = "\(schedule.texts) \(zone.identifier) \(instant.date); \(seed)"
            #expect(schedule.slot(at: instant, in: zone) == schedule.slot(at: instant, in: whole), what)
            #expect(schedule.next(after: instant, in: zone) == schedule.next(after: instant, in: whole), what)
        }
    }

    @Test func hourlySlotsAreTheHoursOfTheRules() throws {
        try rounds(500) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let instant = try instant(near: zone, using: &random)
            var walk = BucketWalk(ZoneTable(zone, through: instant))
            let hour = walk.keys(at: instant).hour
            #expect(try Schedule(parsing: ["1h"]).slot(at: instant, in: zone).milliseconds == hour, "\(instant.date); \(seed)")
        }
    }

    @Test func timesOfDayAreThoseOfTheCalendar() throws {
        try rounds(1000) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = zone
            let instant = try instant(near: zone, using: &random)
            let words = ["07:30", "00:00", "02:15", "23:59"].shuffled(using: &random)
            let schedule = try Schedule(parsing: Array(words.prefix(Int.random(in: 1...4, using: &random))))
            let next = schedule.next(after: instant, in: zone)
            // Where the clock was moved shortly before, the time may be another one on purpose.
            guard zone.secondsFromGMT(for: next.date) == zone.secondsFromGMT(for: (next + -Length.day).date) else { return }
            let parts = calendar.dateComponents([.hour, .minute, .second], from: next.date)
            // Old offsets with seconds aside.
            guard zone.secondsFromGMT(for: next.date) % 60 == 0 else { return }
            let text = try #require(TimeOfDay(hour: parts.hour ?? -1, minute: parts.minute ?? -1)).description
            #expect(schedule.texts.contains(text), "\(schedule.texts) \(next.date) \(zone.identifier); \(seed)")
            #expect(parts.second == 0, seed)
        }
    }

    @Test func theEndsOfTimeAreSlotsToo() throws {
        try rounds(200) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let schedule = try Schedule.random(using: &random)
            #expect(schedule.slot(at: .earliest, in: zone) == .earliest, seed)
            #expect(schedule.next(after: .latest, in: zone) == .latest, seed)
            #expect(schedule.next(after: .earliest, in: zone) > .earliest, seed)
            #expect(schedule.slot(at: .latest, in: zone) < .latest, seed)
        }
        let longest = try Schedule.every(CalendarDuration(weeks: 521_700, days: 3_652_000, seconds: 315_532_800_000))
        let utc = try timeZone(named: "UTC")
        #expect(longest.slot(at: at("1970-01-05T00:00:00Z"), in: utc) == at("1970-01-05T00:00:00Z"))
        #expect(longest.next(after: at("1970-01-05T00:00:00Z"), in: utc) == .latest)
        #expect(try Schedule(parsing: ["9999y"]).slot(at: at("2026-01-01T00:00:00Z"), in: utc) == at("1970-01-01T00:00:00Z"))
    }

    @Test func whatIsShownIsReadBack() throws {
        try rounds(200) { random, seed in
            let schedule = try Schedule.random(using: &random)
            #expect(try Schedule(parsing: schedule.texts) == schedule, seed)
        }
        #expect(try Schedule(parsing: ["12:30", "07:00"]).texts == ["07:00", "12:30"])
        #expect(try Schedule(parsing: ["90m"]).texts == ["1h30min"])
    }

    @Test(arguments: [
        ([], "the schedule is empty"), (["30s"], "'30s' is shorter than a minute"),
        (["1mo2w"], "'1mo2w' mixes months or years with shorter units"), (["1y1h"], "'1y1h' mixes months or years with shorter units"),
        (["7:00"], "'7:00' is not a time of day"), (["24:00"], "'24:00' is not a time of day"),
        (["07:00", "1h"], "'1h' is not a time of day"), (["07:00", "07:00"], "07:00 is there twice"),
        (["1x"], "unknown unit 'x' in the duration '1x'"),
    ])
    func whatIsNoScheduleIsRefused(words: [String], expected: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule(parsing: words) }
        #expect(error?.message == expected)
        #expect(error?.hint.isEmpty == false)
    }

    private func instant(near zone: TimeZone, using random: inout Seeded) throws -> Instant {
        let time = Instant(clamping: Int64.random(in: -150_000_000_000...2_200_000_000_000, using: &random))
        guard random.chance(70), let change = zone.nextDaylightSavingTimeTransition(after: time.date) else { return time }
        return Instant(change) + Int64.random(in: -2 * Length.day...(2 * Length.day), using: &random)
    }
}

extension Schedule {
    /// From minutes to years, round and odd, and times of day.
    static func random(using random: inout Seeded) throws -> Schedule {
        if random.chance(25) {
            let minutes = Set((0..<Int.random(in: 1...5, using: &random)).map { _ in Int.random(in: 0..<1440, using: &random) })
            return try .daily(minutes.compactMap { TimeOfDay(hour: $0 / 60, minute: $0 % 60) })
        }
        let lengths = [
            "1min", "5min", "15min", "45min", "50min", "1h", "61min", "90min", "2h", "5h", "6h", "7h", "12h", "1d", "25h", "36h", "1d12h",
            "3d", "10d", "1w", "2w", "1w1d", "1mo", "2mo", "3mo", "5mo", "6mo", "1y", "1y6mo", "3y",
        ]
        return try Schedule(parsing: [lengths.randomElement(using: &random) ?? "1h"])
    }
}
