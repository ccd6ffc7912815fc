// Durations from now on: on the clock of a zone, clamped to the month's end.

import Foundation
import Policy
import Testing

@Suite struct AdditionTests {
    private func end(_ duration: String, after start: String, _ zone: String = "UTC") throws -> String {
        let zone = try #require(TimeZone(identifier: zone))
        let start = try #require(try? Date(start, strategy: .iso8601))
        let instant = try CalendarDuration(parsing: duration, bareM: .refused).add(to: Instant(start), in: zone)
        return instant.date.formatted(.iso8601)
    }

    @Test func calendarStepsAreClamped() throws {
        #expect(try end("1mo", after: "2026-01-31T12:00:00Z") == "2026-02-28T12:00:00Z")
        #expect(try end("1y", after: "2028-02-29T12:00:00Z") == "2029-02-28T12:00:00Z")
        #expect(try end("1y6mo", after: "2026-08-31T00:00:00Z") == "2028-02-29T00:00:00Z")
        #expect(try end("2w", after: "2026-12-24T08:00:00Z") == "2027-01-07T08:00:00Z")
        // First the months, then the days.
        #expect(try end("1mo1d", after: "2026-01-31T12:00:00Z") == "2026-03-01T12:00:00Z")
    }

    @Test func daysAreThoseOfTheZone() throws {
        #expect(try end("1d", after: "2026-03-28T12:00:00Z", "Europe/London") == "2026-03-29T11:00:00Z")
        #expect(try end("24h", after: "2026-03-28T12:00:00Z", "Europe/London") == "2026-03-29T12:00:00Z")
    }

    @Test func theEndOfTimeIsAnEnd() throws {
        #expect(try end("9999y", after: "2026-01-01T00:00:00Z") == "9999-12-31T23:59:59Z")
    }
}
