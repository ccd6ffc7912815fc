// Remembered offsets are those that the zone itself gives, whatever the order of the questions.

import Foundation
import Policy
import Snapshots
import Testing

@testable import losnap

@Suite struct ZoneOffsetTests {
    // Moscow and Pyongyang changed for other reasons than summer.
    @Test(arguments: [
        "UTC", "Europe/London", "Asia/Kolkata", "Pacific/Apia", "Africa/Casablanca", "Australia/Lord_Howe", "Europe/Moscow",
        "Asia/Pyongyang",
    ])
    func `remembered offsets are the zone's`(name: String) throws {
        let zone = try timeZone(named: name)
        let offsets = ZoneOffsets(zone)
        // Ten years in steps of nine hours and a bit, forth and back, and each change of the clocks to the millisecond.
        var instants = stride(from: Int64(1_300_000_000_000), to: 1_615_000_000_000, by: 33_331_000).map { Instant(clamping: $0) }
        var change = Date(timeIntervalSince1970: 1_300_000_000)
        let end = Date(timeIntervalSince1970: 1_615_000_000)
        while let next = zone.nextDaylightSavingTimeTransition(after: change), next < end, next > change {
            let milliseconds = Instant(next).milliseconds
            instants += [-1, 0, 1].map { Instant(clamping: milliseconds + $0) }
            change = next
        }
        instants.append(.earliest)
        for instant in instants + instants.reversed() + instants.sorted() {
            let isRight = offsets.seconds(at: instant) == zone.secondsFromGMT(for: instant.date)
            #expect(isRight, "\(instant)")
            if !isRight { break }
        }
    }
}
