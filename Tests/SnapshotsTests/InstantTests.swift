import Policy
import Foundation
import TestSupport
import Testing

@testable import Snapshots

@Suite("Instants")
struct InstantTests {
    @Test("agree with Foundation over random values, in text and back")
    func agreesWithFoundation() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime]
        var generator = Seeded(1)
        for _ in 0..<2000 {
            // Foundation changes to the Julian calendar before 1582.
            let milliseconds = Int64.random(in: -12_000_000_000_000...Instant.latest.milliseconds, using: &generator)
            let instant = try #require(Instant(milliseconds: milliseconds))
            let seconds = Date(timeIntervalSince1970: Double(milliseconds.floorDivided(by: 1000)))
            #expect(instant.description.prefix(19) == formatter.string(from: seconds).prefix(19))
            #expect(try Instant(parsing: instant.description) == instant)
            #expect(Instant(instant.date) == instant)
        }
    }

    @Test(
        "have known texts",
        arguments: [
            (1_795_417_200_123, "2026-11-23T07:00:00.123Z", "20261123T070000.123Z"),
            (0, "1970-01-01T00:00:00.000Z", "19700101T000000.000Z"),
            (-1, "1969-12-31T23:59:59.999Z", "19691231T235959.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z", "20000229T000000.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z", "00000101T000000.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z", "99991231T235959.999Z"),
        ])
    func knownTexts(milliseconds: Int64, text: String, compact: String) throws {
        let instant = try #require(Instant(milliseconds: milliseconds))
        #expect(instant.description == text)
        #expect(instant.compact == compact)
        #expect(try Instant(parsing: text) == instant)
    }

    @Test(
        "are read with offsets, and with more or fewer decimals",
        arguments: [
            ("2026-11-23T08:00:00+01:00", "2026-11-23T07:00:00.000Z"), ("2026-11-23T01:30:00.5-05:30", "2026-11-23T07:00:00.500Z"),
            ("2026-11-23 07:00:00.1239Z", "2026-11-23T07:00:00.123Z"), ("2026-11-23t07:00:00z", "2026-11-23T07:00:00.000Z"),
        ])
    func offsets(text: String, same: String) throws {
        #expect(try Instant(parsing: text).description == same)
    }

    @Test(
        "are refused when there is no such time or it is not understood",
        arguments: [
            "", "2026-11-23", "2026-11-23T07:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z",
            "2026-11-23T07:60:00Z", "2026-11-23T07:00:60Z", "2026-11-23T07:00:00.Z", "2026-11-23T07:00:00+0100",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-00:01", "2026-11-23T07:00:00ZZ", "２026-11-23T07:00:00Z", "2026-11-23T07:00:00Z ",
        ])
    func refused(text: String) {
        #expect(errorCode { _ = try Instant(parsing: text) } == "invalid_time")
    }

    @Test("stay within their bounds whatever a clock says")
    func bounds() {
        #expect(Instant(seconds: .max, nanoseconds: .max) == .latest)
        #expect(Instant(seconds: .min, nanoseconds: 0) == .earliest)
        #expect(Instant(seconds: 1, nanoseconds: 999_999_999).milliseconds == 1999)
        #expect(Instant(Date(timeIntervalSince1970: .infinity)) == .latest)
        #expect(Instant(Date(timeIntervalSince1970: .nan)) == .earliest)
        #expect(Instant.latest.advanced(byMilliseconds: .max) == .latest)
        #expect(Instant(milliseconds: Instant.latest.milliseconds + 1) == nil)
    }

    @Test("of file names sort as the instants do")
    func compactSorts() {
        var generator = Seeded(2)
        let instants = (0..<500).map { _ in
            Instant(clamping: Int64.random(in: Instant.earliest.milliseconds...Instant.latest.milliseconds, using: &generator))
        }
        #expect(instants.sorted().map(\.compact) == instants.map(\.compact).sorted())
    }
}
