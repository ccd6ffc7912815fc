// Weeks, months, quarters and years at their edges, and zones whose clocks were moved for other reasons than summer time.

import Policy
import Testing

@Suite struct CalendarTests {
    func kept(_ period: Period, _ times: [String], zone: String = "UTC") throws -> [Int64] {
        try Scene(times, zone: zone) {
            $0.periods[period] = .all
        }.kept(by: RuleName(counting: period))
    }

    @Test func theWeekOfTheNewYearIsOneWeek() throws {
        // Week 1 of 2026 is 29 December 2025 to 4 January 2026.
        let times = [
            "2025-12-28T12:00:00Z", "2025-12-29T12:00:00Z", "2026-01-01T12:00:00Z", "2026-01-04T12:00:00Z", "2026-01-05T12:00:00Z",
        ]
        #expect(try kept(.weekly, times) == [1, 4, 5])
    }

    @Test func theFiftyThirdWeekReachesIntoTheNextYear() throws {
        // Week 53 of 2020 is 28 December 2020 to 3 January 2021.
        let times = ["2020-12-27T12:00:00Z", "2020-12-31T12:00:00Z", "2021-01-03T12:00:00Z", "2021-01-04T12:00:00Z"]
        #expect(try kept(.weekly, times) == [1, 3, 4])
    }

    @Test func weeksBeginOnMondayInTheZone() throws {
        // Sunday 23:30 and Monday 00:30 in Tokyo.
        #expect(
            try kept(.weekly, ["2026-05-31T14:00:00Z", "2026-05-31T14:30:00Z", "2026-05-31T15:30:00Z"], zone: "Asia/Tokyo") == [1, 2, 3]
        )
        #expect(try kept(.weekly, ["2026-05-25T01:00:00Z", "2026-05-31T14:30:00Z", "2026-05-31T15:30:00Z"], zone: "UTC") == [1, 3])
    }

    @Test func weeksBefore1970AreWeeksToo() throws {
        // 1969-12-29 is a Monday.
        #expect(
            try kept(.weekly, ["1969-12-21T00:00:00Z", "1969-12-22T00:00:00Z", "1969-12-28T23:59:59Z", "1969-12-29T00:00:00Z"])
                == [1, 3, 4])
    }

    @Test func quartersBeginInJanuaryAprilJulyOctober() throws {
        let times = [
            "2025-10-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z",
            "2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z", "2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z",
        ]
        #expect(try kept(.quarterly, times) == [1, 2, 4, 6, 8, 9])
    }

    @Test func theSameMonthOfAnotherYearIsAnotherMonth() throws {
        #expect(
            try kept(.monthly, ["2024-02-29T00:00:00Z", "2025-02-01T00:00:00Z", "2025-02-28T23:59:59Z", "2026-02-01T00:00:00Z"]) == [
                1, 3, 4,
            ])
    }

    @Test func yearsEndAtMidnightInTheZone() throws {
        let times = ["2025-06-01T00:00:00Z", "2025-12-31T10:59:59Z", "2025-12-31T11:00:00Z", "2025-12-31T23:00:00Z"]
        #expect(try kept(.yearly, times, zone: "Pacific/Auckland") == [1, 2, 4])
        #expect(try kept(.yearly, times, zone: "UTC") == [1, 4])
    }

    @Test func apiaHasNo30December2011() throws {
        // 29 December 23:59:59 is followed by 31 December.
        let times = [
            "2011-12-29T10:00:00Z", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z", "2011-12-31T09:59:59Z", "2011-12-31T10:00:00Z",
        ]
        #expect(try kept(.daily, times, zone: "Pacific/Apia") == [1, 2, 4, 5])
        let zone = try timeZone(named: "Pacific/Apia")
        #expect(try duration("1d").subtract(from: at("2011-12-31T02:00:00Z"), in: zone) == at("2011-12-30T10:00:00Z"))
    }

    @Test func istanbulStayedOnSummerTime() throws {
        // Since September 2016 midnight is 21:00 UTC in winter, too.
        let times = ["2017-01-01T20:00:00Z", "2017-01-01T20:59:59Z", "2017-01-01T21:00:00Z"]
        #expect(try kept(.daily, times, zone: "Europe/Istanbul") == [1, 2, 3])
        #expect(
            try kept(.daily, ["2016-01-01T00:00:00Z", "2016-01-01T21:30:00Z", "2016-01-01T22:00:00Z"], zone: "Europe/Istanbul") == [
                1, 2, 3,
            ])
    }

    @Test func pyongyangMovedByHalfAnHourTwice() throws {
        // 15 August 2015 back from 00:00 to 23:30 (a repeated half hour of the 14th); 4 May 2018 on from 23:30 to midnight.
        #expect(
            try kept(
                .daily, ["2015-08-14T00:00:00Z", "2015-08-14T14:59:00Z", "2015-08-14T15:29:00Z", "2015-08-14T15:30:00Z"],
                zone: "Asia/Pyongyang")
                == [1, 3, 4])
        #expect(
            try kept(.daily, ["2018-05-04T01:00:00Z", "2018-05-04T14:59:59Z", "2018-05-04T15:00:00Z"], zone: "Asia/Pyongyang") == [1, 2, 3])
    }

    @Test func aDayThatTheClockComesBackToIsOneBucket() throws {
        // St John's, 2006-10-29: 00:00:59 is followed by 23:01 of the 28th. Way back: 29th, 28th, 29th, 28th.
        let times = ["2006-10-28T20:00:00Z", "2006-10-29T02:30:30Z", "2006-10-29T03:00:00Z", "2006-10-29T04:00:00Z"]
        #expect(try kept(.daily, times, zone: "America/St_Johns") == [1, 3, 4])
        let twoDays = try Scene(times, zone: "America/St_Johns") { $0.periods[.daily] = .count(2) }
        #expect(twoDays.staying == [3, 4])
    }

    @Test func oneMinutePastMidnightIsItsOwnHourWhenTheClockJumps() throws {
        // St John's, 2006-04-02: the clock goes from 00:01 to 01:01.
        let times = ["2006-04-02T03:30:10Z", "2006-04-02T03:30:50Z", "2006-04-02T03:31:00Z", "2006-04-02T03:31:30Z"]
        #expect(try kept(.hourly, times, zone: "America/St_Johns") == [1, 2, 4])
    }
}
