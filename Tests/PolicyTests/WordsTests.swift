// What users write: durations, limits, names of zones; and what they are told when it is wrong.

import FoundationEssentials
import Policy
import Testing

@Suite struct WordsTests {
    @Test(arguments: [
        ("1y6mo", CalendarParts(years: 1, months: 6)), ("2w3d", CalendarParts(weeks: 2, days: 3)), ("90min", CalendarParts(seconds: 5400)),
        ("2d12h", CalendarParts(days: 2, seconds: 43_200)), ("1h1min1s", CalendarParts(seconds: 3661)), ("007d", CalendarParts(days: 7)),
        ("0y3d", CalendarParts(days: 3)),
    ])
    func durationsAreRead(text: String, parts: CalendarParts) throws {
        let read = try CalendarDuration(parsing: text, bareM: .refused)
        #expect(read == (try parts.duration))
        #expect(try CalendarDuration(parsing: read.description, bareM: .refused) == read)
    }

    @Test func aBareMMeansWhatItsPlaceSays() throws {
        #expect(try CalendarDuration(parsing: "3m", bareM: .months) == CalendarDuration(months: 3))
        #expect(try CalendarDuration(parsing: "3m", bareM: .minutes) == CalendarDuration(seconds: 180))
        #expect(throws: DurationError.ambiguousUnit("3m")) { try CalendarDuration(parsing: "3m", bareM: .refused) }
        #expect(throws: DurationError.outOfOrder("1h5m")) { try CalendarDuration(parsing: "1h5m", bareM: .months) }
        #expect(try CalendarDuration(parsing: "1h5m", bareM: .minutes) == CalendarDuration(seconds: 3900))
    }

    @Test(arguments: [
        ("", DurationError.empty), ("d", .malformed("d")), ("1d2", .missingUnit("1d2")), ("10", .missingUnit("10")),
        ("1x", .unknownUnit("x", in: "1x")), ("1D", .unknownUnit("D", in: "1D")), ("1 d", .unknownUnit(" d", in: "1 d")),
        ("1.5h", .unknownUnit(".", in: "1.5h")), ("+1d", .malformed("+1d")), ("-1d", .negative), ("1d-2h", .unknownUnit("d-", in: "1d-2h")),
        ("1d1d", .outOfOrder("1d1d")), ("1h1d", .outOfOrder("1h1d")), ("0d", .zero), ("0s", .zero), ("10000y", .tooLong),
        ("99999999999999999999d", .tooLong), ("9223372036854775807h", .tooLong), ("9223372036854775807s", .tooLong),
        ("١d", .malformed("١d")),
    ])
    func nonsenseIsNoDuration(text: String, error: DurationError) {
        #expect(throws: error) { try CalendarDuration(parsing: text, bareM: .months) }
        expectSentence(error.message, error.hint)
    }

    @Test func descriptionSplitsSeconds() throws {
        #expect(
            try CalendarDuration(years: 1, months: 2, weeks: 3, days: 4, seconds: 5 * 3600 + 6 * 60 + 7).description == "1y2mo3w4d5h6min7s")
        #expect(throws: DurationError.negative) { try CalendarDuration(days: -1) }
    }

    @Test func limitsAreRead() throws {
        #expect(try Limit(parsing: "7") == .count(7))
        #expect(try Limit(parsing: "all") == .all)
        #expect(try Limit(parsing: "1000000000").description == "1000000000")
        #expect(Limit.all.description == "all")
    }

    @Test(arguments: [
        ("-1", PolicyError.negativeLimit("-1")), ("0", .zeroLimit("0")), ("000", .zeroLimit("000")), ("x", .malformedLimit("x")),
        ("", .malformedLimit("")), ("-", .malformedLimit("-")), ("+1", .malformedLimit("+1")), ("1.0", .malformedLimit("1.0")),
        ("7 ", .malformedLimit("7 ")), ("٧", .malformedLimit("٧")), ("ALL", .malformedLimit("ALL")),
        ("1000000001", .hugeLimit("1000000001")), ("99999999999999999999", .hugeLimit("99999999999999999999")),
    ])
    func nonsenseIsNoLimit(text: String, error: PolicyError) {
        #expect(throws: error) { try Limit(parsing: text) }
        expectSentence(error.message, error.hint)
    }

    @Test(arguments: [
        "Europe/London", "UTC", "Etc/UTC", "Japan", "Australia/Lord_Howe", "Etc/GMT+5", "EST5EDT", "America/Argentina/Buenos_Aires",
    ])
    func zonesAreFoundByName(name: String) throws {
        let offsets = [
            "Europe/London": 3600, "UTC": 0, "Etc/UTC": 0, "Japan": 32_400, "Australia/Lord_Howe": 37_800, "Etc/GMT+5": -18_000,
            "EST5EDT": -14_400, "America/Argentina/Buenos_Aires": -10_800,
        ]
        #expect(try timeZone(named: name).secondsFromGMT(for: at("2026-07-01T00:00:00Z").date) == offsets[name])
    }

    @Test(
        arguments: [
            ("Europe/Lodnon", nil), ("", nil), ("BST", nil), ("GMT+5", nil), ("+01:00", nil), ("europe/london", "Europe/London"),
            ("london", "Europe/London"), ("New York", "America/New_York"), ("../../etc/passwd", nil), ("Europe/London\u{0}", nil),
            ("Europe/London ", nil),
        ] as [(String, String?)])
    func anUnknownZoneIsAnErrorNeverGMT(name: String, similar: String?) {
        let error = PolicyError.unknownTimeZone(name: name, similar: similar)
        #expect(throws: error) { try timeZone(named: name) }
        expectSentence(error.message, error.hint)
    }

    @Test func messagesShowNoControlCharactersAndNoNovels() {
        #expect(PolicyError.malformedLimit("a\u{1b}[31m\n").message == "not a number of snapshots to keep: 'a\\u{1b}[31m\\u{a}'")
        #expect(PolicyError.malformedLimit(String(repeating: "x", count: 500)).message.count < 100)
    }

    func expectSentence(_ message: String, _ hint: String) {
        for text in [message, hint] {
            #expect(!text.isEmpty && !text.hasSuffix("."))
            #expect(text.first?.isUppercase == false)
        }
    }
}

/// Parts to compare with, since a duration itself can only be made by a throwing initializer.
struct CalendarParts: Sendable {
    var years = 0
    var months = 0
    var weeks = 0
    var days = 0
    var seconds = 0

    var duration: CalendarDuration {
        get throws { try CalendarDuration(years: years, months: months, weeks: weeks, days: days, seconds: seconds) }
    }
}
