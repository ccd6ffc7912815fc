// When a source is due. The rule: a schedule is read and shown here; what is due at a time is not decided here.

public import Policy

/// A schedule.
public enum Schedule: Sendable, Hashable {
    /// Once in each such length of time.
    case every(CalendarDuration)
    /// At these times of every day, in order.
    case daily([TimeOfDay])
}

/// A time on the clock.
public struct TimeOfDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int

    /// Reads "07:30".
    init(parsing text: String) throws(Refusal) {
        let bytes = Array(text.utf8)
        let digits = [0, 1, 3, 4].map { index in index < bytes.count ? Int(bytes[index]) - 0x30 : -1 }
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), digits.allSatisfy((0...9).contains),
            digits[0] * 10 + digits[1] < 24, digits[2] * 10 + digits[3] < 60
        else {
            throw Refusal("'\(text.shown)' is not a time of day", hint: "write it like 07:30, from 00:00 to 23:59")
        }
        hour = digits[0] * 10 + digits[1]
        minute = digits[2] * 10 + digits[3]
    }

    /// "07:30".
    public var description: String { "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)" }

    /// The earlier first.
    public static func < (left: TimeOfDay, right: TimeOfDay) -> Bool { (left.hour, left.minute) < (right.hour, right.minute) }
}

extension Schedule {
    /// Reads a duration, or a list of times of day.
    init?(_ texts: Setting<[String]>, _ entry: Entry) {
        var times: [TimeOfDay] = []
        do throws(Refusal) {
            let words = texts.value ?? []
            if words.count == 1, !words[0].contains(":") {
                let duration = try duration(words[0], .minutes)
                if duration.isElapsed, duration.seconds < 60 {
                    throw Refusal("'\(words[0].shown)' is shorter than a minute", hint: "write at least 1min")
                }
                self = .every(duration)
                return
            }
            for word in words {
                let time = try TimeOfDay(parsing: word)
                if times.contains(time) { throw Refusal("\(time) is there twice", hint: "keep one of them") }
                times.append(time)
            }
        } catch {
            entry.complain(error.message, hint: error.hint)
            return nil
        }
        if times.isEmpty { return nil }
        self = .daily(times.sorted())
    }

    /// The texts that are read back as this schedule.
    public var texts: [String] {
        switch self {
        case .every(let duration): [duration.description]
        case .daily(let times): times.map(\.description)
        }
    }
}
