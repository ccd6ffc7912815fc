// Both changes of summer time, where the clock moves by an hour and where it moves by half of one.

import Policy
import Testing

@Suite struct SummerTimeTests {
    /// Snapshots every half hour; each list holds those that "the newest of every hour" keeps.
    func hourly(_ zone: String, from start: String, count: Int) throws -> [Int64] {
        let times = (0..<count).map { at(start) + Int64($0) * 30 * Length.minute }
        return try Scene(times, zone: zone) { $0.periods[.hourly] = .all }.kept(by: .hourly)
    }

    @Test func londonSkipsAnHour() throws {
        // 00:00 00:30 GMT, then 02:00 02:30 03:00 BST.
        #expect(try hourly("Europe/London", from: "2026-03-29T00:00:00Z", count: 5) == [1, 2, 4, 5])
    }

    @Test func londonDoublesAnHour() throws {
        // 01:00 01:30 BST, 01:00 01:30 GMT, 02:00 GMT: the same hour on the clock, two buckets.
        #expect(try hourly("Europe/London", from: "2026-10-25T00:00:00Z", count: 5) == [1, 2, 4, 5])
    }

    @Test func newYorkSkipsAnHour() throws {
        // 01:00 01:30 EST, 03:00 03:30 EDT.
        #expect(try hourly("America/New_York", from: "2026-03-08T06:00:00Z", count: 4) == [1, 2, 4])
    }

    @Test func newYorkDoublesAnHour() throws {
        // 01:00 01:30 EDT, 01:00 01:30 EST.
        #expect(try hourly("America/New_York", from: "2026-11-01T05:00:00Z", count: 4) == [1, 2, 4])
    }

    @Test func lordHoweSkipsHalfAnHour() throws {
        // 01:00 01:30 at +10:30, then 02:30 03:00 03:30 at +11: the hour from two o'clock has one half only.
        #expect(try hourly("Australia/Lord_Howe", from: "2026-10-03T14:30:00Z", count: 5) == [1, 2, 3, 5])
    }

    @Test func lordHoweDoublesHalfAnHour() throws {
        // 01:00 01:30 at +11, then 01:30 02:00 02:30 at +10:30: the second 01:30 is a bucket of its own.
        #expect(try hourly("Australia/Lord_Howe", from: "2026-04-04T14:00:00Z", count: 5) == [1, 2, 3, 5])
    }

    @Test(arguments: [
        // The 23-hour day and the 25-hour day, each from midnight to midnight on the clock.
        ("Europe/London", "2026-03-29T00:00:00Z", 23), ("Europe/London", "2026-10-24T23:00:00Z", 25),
        ("America/New_York", "2026-03-08T05:00:00Z", 23), ("America/New_York", "2026-11-01T04:00:00Z", 25),
    ])
    func theDayHasItsOwnLength(zone: String, start: String, hours: Int) throws {
        let first = at(start)
        let times = [first + -1, first, first + (Int64(hours) * Length.hour - 1), first + Int64(hours) * Length.hour]
        #expect(try Scene(times, zone: zone) { $0.periods[.daily] = .all }.staying == [1, 3, 4])
        let hourly = (0..<hours).map { first + Int64($0) * Length.hour }
        #expect(try Scene(hourly, zone: zone) { $0.periods[.hourly] = .count(hours) }.staying.count == hours)
    }

    @Test(arguments: [("2026-04-04T13:00:00Z", 49), ("2026-10-03T13:30:00Z", 47)])
    func lordHowesDaysDifferByHalfAnHour(start: String, halfHours: Int) throws {
        let first = at(start)
        let end = first + Int64(halfHours) * 30 * Length.minute
        let scene = try Scene([first + -1, first, end + -1, end], zone: "Australia/Lord_Howe") { $0.periods[.daily] = .all }
        #expect(scene.staying == [1, 3, 4])
    }

    @Test func aDayBackFromASkippedTimeIsTheMomentOfTheChange() throws {
        // 01:30 on 30 March less one day would be 01:30 on the 29th, which London's clocks leave out.
        let zone = try timeZone(named: "Europe/London")
        #expect(try duration("1d").subtract(from: at("2026-03-30T00:30:00Z"), in: zone) == at("2026-03-29T01:00:00Z"))
    }

    @Test func aDayBackToADoubledTimeIsTheFirstOfTheTwo() throws {
        let zone = try timeZone(named: "Europe/London")
        #expect(try duration("1d").subtract(from: at("2026-10-26T01:30:00Z"), in: zone) == at("2026-10-25T00:30:00Z"))
    }

    @Test func aDayBackAcrossTheChangeKeepsTheTimeOnTheClock() throws {
        let zone = try timeZone(named: "America/New_York")
        #expect(try duration("1d").subtract(from: at("2026-03-08T16:00:00Z"), in: zone) == at("2026-03-07T17:00:00Z"))
        #expect(try duration("24h").subtract(from: at("2026-03-08T16:00:00Z"), in: zone) == at("2026-03-07T16:00:00Z"))
    }

    @Test func elapsedTimeIgnoresTheClock() throws {
        let zone = try timeZone(named: "Europe/London")
        #expect(try duration("1h").subtract(from: at("2026-10-25T01:30:00Z"), in: zone) == at("2026-10-25T00:30:00Z"))
    }
}
