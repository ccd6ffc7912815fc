// A time on the clock, to the minute. Valid by construction.

/// A time of day, such as 07:30.
public struct TimeOfDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int

    /// That time; nil if there is none.
    public init?(hour: Int, minute: Int) {
        guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
        self.hour = hour
        self.minute = minute
    }

    /// Reads "07:30", always with five characters. Throws `ScheduleError.malformedTime`.
    public init(parsing text: String) throws(ScheduleError) {
        let bytes = Array(text.utf8)
        let digits = [0, 1, 3, 4].map { index in index < bytes.count ? Int(bytes[index]) - 0x30 : -1 }
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), digits.allSatisfy((0...9).contains),
            let time = TimeOfDay(hour: digits[0] * 10 + digits[1], minute: digits[2] * 10 + digits[3])
        else { throw .malformedTime(text) }
        self = time
    }

    /// "07:30".
    public var description: String { "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)" }

    /// The earlier first.
    public static func < (left: TimeOfDay, right: TimeOfDay) -> Bool { (left.hour, left.minute) < (right.hour, right.minute) }

    /// Milliseconds since midnight, on a day without a change of the clock.
    var milliseconds: Int64 { Int64(hour * 60 + minute) * 60_000 }
}
