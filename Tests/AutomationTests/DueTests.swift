// What is due when: at the edges of slots, after pauses, and with a clock that was moved.

import Foundation
import Policy
import Testing

@testable import Automation

@Suite("What is due")
struct DueTests {
    private func instant(_ text: String) throws -> Instant {
        let date = try #require(try? Date(text, strategy: .iso8601))
        return Instant(date)
    }

    private func state(_ words: [String], last: String?, now: String, zone: String = "UTC") throws -> DueState {
        try Schedule(parsing: words).state(last: last.map(instant), now: instant(now), in: timeZone(named: zone))
    }

    @Test("never taken is due at once")
    func never() throws {
        #expect(try state(["1h"], last: nil, now: "2026-11-23T07:30:00Z") == .due(.never))
    }

    @Test("once in each slot, whenever in it")
    func slots() throws {
        let seven = try instant("2026-11-23T07:00:00Z")
        let eight = try instant("2026-11-23T08:00:00Z")
        #expect(try state(["1h"], last: "2026-11-23T06:59:59Z", now: "2026-11-23T07:00:00Z") == .due(.slot(since: seven)))
        #expect(try state(["1h"], last: "2026-11-23T07:00:00Z", now: "2026-11-23T07:59:59Z") == .notDue(next: eight))
        #expect(try state(["1h"], last: "2026-11-23T07:59:59Z", now: "2026-11-23T08:00:00Z") == .due(.slot(since: eight)))
    }

    @Test("a pause makes one due, not many")
    func pause() throws {
        #expect(
            try state(["1h"], last: "2026-11-20T07:10:00Z", now: "2026-11-23T07:30:00Z")
                == .due(.slot(since: instant("2026-11-23T07:00:00Z"))))
        #expect(
            try state(["1h"], last: "2026-11-23T07:30:00Z", now: "2026-11-23T07:31:00Z")
                == .notDue(next: instant("2026-11-23T08:00:00Z")))
    }

    @Test("times of day are those of the zone")
    func daily() throws {
        #expect(
            try state(["06:00", "18:00"], last: "2026-11-23T05:00:00Z", now: "2026-11-23T05:01:00Z", zone: "Europe/Berlin")
                == .notDue(next: instant("2026-11-23T17:00:00Z")))
        #expect(
            try state(["06:00", "18:00"], last: "2026-11-23T04:59:59Z", now: "2026-11-23T05:01:00Z", zone: "Europe/Berlin")
                == .due(.slot(since: instant("2026-11-23T05:00:00Z"))))
    }

    @Test("a clock that is put back repeats no slot, and a long way back is told")
    func clockBack() throws {
        // The hour that occurs twice.
        #expect(
            try state(["1d"], last: "2026-10-25T00:30:00Z", now: "2026-10-25T01:10:00Z", zone: "Europe/Berlin")
                == .notDue(next: instant("2026-10-25T23:00:00Z")))
        // A correction by some minutes.
        let small = try state(["1h"], last: "2026-11-23T07:02:00Z", now: "2026-11-23T06:58:00Z")
        #expect(small == .notDue(next: try instant("2026-11-23T07:00:00Z")))
        let last = try instant("2027-11-23T07:02:00Z")
        #expect(try state(["1h"], last: "2027-11-23T07:02:00Z", now: "2026-11-23T06:58:00Z") == .due(.clockBehind(last: last)))
    }

    @Test("a year of runs every ten minutes takes one snapshot for each slot, across both moves of the clock")
    func year() throws {
        let zone = try timeZone(named: "Europe/London")
        let hourly = try Schedule(parsing: ["1h"])
        let nightly = try Schedule(parsing: ["02:30"])
        var last: (hour: Instant?, night: Instant?) = (nil, nil)
        var taken = (hours: 0, nights: 0)
        var now = try instant("2026-01-01T00:05:00Z")
        let end = try instant("2027-01-01T00:05:00Z")
        while now < end {
            if hourly.state(last: last.hour, now: now, in: zone).isDue { (last.hour, taken.hours) = (now, taken.hours + 1) }
            if nightly.state(last: last.night, now: now, in: zone).isDue { (last.night, taken.nights) = (now, taken.nights + 1) }
            now = now.advanced(byMilliseconds: 600_000)
        }
        #expect(taken.hours == 365 * 24)
        // The first one of all, in the slot of the night before.
        #expect(taken.nights == 365 + 1)
    }
}
