// Times on the command line: RFC 3339, a date or the beginning of one in the zone that times are shown in, or a duration, back or ahead. The
// rule: a beginning means its first instant, so that `--since 2026-11` and `--until 2026-12` are November.

import Foundation
import Policy
import Snapshots

/// Which way a duration counts from now.
enum DurationMeaning {
    case ago, ahead
}

/// Reads times.
struct TimeReader {
    let zone: TimeZone
    let now: Instant

    /// The instant that an option's value means, if it is given; nil as the meaning of a duration: it is no time.
    func instant(_ text: String?, option: String, duration meaning: DurationMeaning? = .ago) throws -> Instant? {
        guard let text else { return nil }
        if let exact = try? Instant(parsing: text) { return exact }
        if let start = try start(of: text) { return start }
        guard let meaning, text.first?.isNumber == true, text.last?.isLetter == true, text.last != "Z" else {
            throw SnapshotsError.invalidTime(text: text, problem: .notUnderstood)
        }
        do {
            let duration = try CalendarDuration(parsing: text, bareM: .refused)
            return switch meaning {
            case .ago: Instant(duration.subtract(from: now.date, in: zone))
            case .ahead: duration.add(to: now, in: zone)
            }
        } catch {
            throw FrontError.duration(option: option, error)
        }
    }

    /// The first instant of what the text begins: a month, a day, an hour, a minute or a second.
    private func start(of text: String) throws -> Instant? {
        let template = Array("dddd-dd-dd dd:dd:dd".utf8)
        let bytes = Array(text.utf8)
        guard [7, 10, 13, 16, 19].contains(bytes.count) else { return nil }
        for (byte, place) in zip(bytes, template) {
            switch place {
            case UInt8(ascii: "d"): guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            case UInt8(ascii: " "): guard byte == place || byte == UInt8(ascii: "T") else { return nil }
            default: guard byte == place else { return nil }
            }
        }
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        func number(_ index: Int, or other: Int) -> Int { index < numbers.count ? numbers[index] : other }
        let parts = DateComponents(
            year: number(0, or: 1), month: number(1, or: 1), day: number(2, or: 1), hour: number(3, or: 0), minute: number(4, or: 0),
            second: number(5, or: 0))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        // A day that does not exist would be moved into the next month; an hour that is skipped by summer time may move.
        guard let date = calendar.date(from: parts), number(3, or: 0) < 24, number(4, or: 0) < 60, number(5, or: 0) < 60,
            calendar.dateComponents([.year, .month, .day], from: date)
                == DateComponents(year: parts.year, month: parts.month, day: parts.day)
        else { throw SnapshotsError.invalidTime(text: text, problem: .noSuchTime) }
        return Instant(date)
    }
}
