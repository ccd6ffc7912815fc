// The table of offsets against Foundation's own answers, and going back by a duration against Foundation's calendar.

import FoundationEssentials
import FoundationInternationalization
import TestSupport
import Testing

@testable import Policy

@Suite struct ZoneTests {
    @Test func theTableHasEveryOffsetOfEveryZone() throws {
        try rounds(1) { random, seed in
            for name in TimeZone.knownTimeZoneIdentifiers {
                let zone = try #require(TimeZone(identifier: name))
                let table = ZoneTable(zone, through: at("2100-01-01T00:00:00Z"))
                // Anywhere from the year 0 on, more often where there are moves, and both sides of every entry.
                var instants = (0..<100).map { _ in Int64.random(in: -3_000_000_000_000...4_100_000_000_000, using: &random) }
                instants += (0..<10).map { _ in Int64.random(in: Instant.earliest.milliseconds...0, using: &random) }
                instants += table.starts.dropFirst().flatMap { [$0 - 1, $0] }
                for instant in instants {
                    let expected = Int64(zone.secondsFromGMT(for: Instant(clamping: instant).date)) * 1000
                    #expect(table.offsets[table.interval(holding: instant)] == expected, "\(name) at \(instant); \(seed)")
                }
            }
        }
    }

    @Test func steadyLocalTimeNeverRunsBackwardsAndIsFoundAgain() throws {
        try rounds(300) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let table = ZoneTable(zone, through: at("2050-01-01T00:00:00Z"))
            let near = table.starts.randomElement(using: &random) ?? 0
            let early = near + Int64.random(in: -Length.day...Length.day, using: &random)
            let late = early + Int64.random(in: 1...Length.day, using: &random)
            #expect(table.steadyLocal(early) <= table.steadyLocal(late), seed)
            let found = table.firstInstant(atLocal: table.steadyLocal(late))
            #expect(found <= late, seed)
            #expect(table.steadyLocal(found) >= table.steadyLocal(late), seed)
            #expect(table.steadyLocal(found - 1) < table.steadyLocal(late), seed)
        }
    }

    @Test func aLaterStartNeverGivesAnEarlierResult() throws {
        try rounds(2000) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let length = try CalendarDuration.random(using: &random)
            let early = try nearAChange(zone, &random)
            let late = early + Int64.random(in: 0...(3 * Length.day), using: &random)
            #expect(length.subtract(from: early, in: zone) <= length.subtract(from: late, in: zone), "\(length); \(seed)")
        }
    }

    @Test func goingBackIsWhatTheCalendarSays() throws {
        try rounds(1000) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = zone
            // From the year 1970 on, and from days that every month has; the others have tests of their own.
            let start = Instant(clamping: Int64.random(in: 500_000_000_000...2_200_000_000_000, using: &random))
            guard calendar.component(.day, from: start.date) <= 28 else { return }
            // One or the other: Foundation stops between the two, and there a move of the clock would change its result.
            let isMonths = random.chance(50)
            let months = isMonths ? Int.random(in: 1...30, using: &random) : 0
            let days = isMonths ? 0 : Int.random(in: 1...40, using: &random)
            let step = DateComponents(month: -months, day: -days)
            let expected = Instant(try #require(calendar.date(byAdding: step, to: start.date)))
            // Within a day of a move of the clock the two differ on purpose.
            func isQuiet(_ instant: Instant) -> Bool {
                zone.secondsFromGMT(for: (instant + -2 * Length.day).date) == zone.secondsFromGMT(for: (instant + 2 * Length.day).date)
            }
            guard isQuiet(start), isQuiet(expected) else { return }
            // Where a zone changed sides of the date line, Foundation counts days of 24 hours, not dates.
            guard abs(zone.secondsFromGMT(for: start.date) - zone.secondsFromGMT(for: expected.date)) < 43_200 else { return }
            let result = try CalendarDuration(months: months, days: days).subtract(from: start, in: zone)
            #expect(result == expected, "\(months) months \(days) days before \(start.date); \(seed)")
        }
    }

    @Test func civilDatesAreThoseOfTheCalendar() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try timeZone(named: "UTC")
        rounds(2000) { random, seed in
            // 1600 to 2500: before 1582 Foundation's calendar is another one.
            let day = Int64.random(in: -135_000...193_000, using: &random)
            let fields = calendar.dateComponents([.year, .month, .day], from: Instant(clamping: day * Length.day).date)
            let date = CivilDate(daysSince1970: day)
            #expect(date == CivilDate(year: Int64(fields.year ?? 0), month: Int64(fields.month ?? 0), day: Int64(fields.day ?? 0)), seed)
            #expect(date.daysSince1970 == day, seed)
        }
    }

    @Test func instantsStayInRange() {
        #expect(Instant(clamping: .min) == .earliest)
        #expect(Instant(clamping: .max) == .latest)
        #expect(Instant(Date(timeIntervalSince1970: .nan)) == .earliest)
        #expect(Instant(Date(timeIntervalSince1970: .infinity)) == .latest)
        #expect(Instant(Date(timeIntervalSince1970: -0.0004)).milliseconds == 0)
        #expect(Instant(Date(timeIntervalSince1970: 1_795_417_200.123)).milliseconds == 1_795_417_200_123)
        #expect(Instant.earliest.date == Date(timeIntervalSince1970: -62_167_219_200))
    }

    @Test func absurdTimesAreJudgedLikeOthers() throws {
        let scene = try Scene([.earliest, at("2026-01-01T00:00:00Z"), .latest], zone: "Europe/London", now: .latest) {
            $0.periods[.yearly] = .count(2)
            $0.withinPeriods[.hourly] = try duration("9999y")
        }
        #expect(scene.kept(by: .yearly) == [2, 3])
        #expect(scene.kept(by: .withinHourly) == [2, 3])
    }

    private func nearAChange(_ zone: TimeZone, _ random: inout Seeded) throws -> Instant {
        let time = Instant(clamping: Int64.random(in: -150_000_000_000...2_200_000_000_000, using: &random))
        guard random.chance(80), let change = zone.nextDaylightSavingTimeTransition(after: time.date) else { return time }
        // Beside the change itself, or a step of the calendar away from it.
        let away = Int64.random(in: -1...15, using: &random) * Length.day
        return Instant(change) + away + Int64.random(in: -Length.day...Length.day, using: &random)
    }
}
