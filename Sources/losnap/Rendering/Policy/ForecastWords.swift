// Schedules and forecasts in words and as JSON.

import Policy

extension Schedule {
    /// "every 1h", "at 07:30, 19:30".
    var words: String { (isTimesOfDay ? "at " : "every ") + texts.joined(separator: ", ") }

    private var isTimesOfDay: Bool { texts.contains { $0.contains(":") } }

    var json: JSON { .array(texts.map { .string($0) }) }
}

extension Forecast {
    /// How many snapshots there will be.
    var words: String {
        if keepsNothing { return "no rule keeps what the schedule takes, so only the newest stays" }
        if isGrowing { return "\(counted(judged.count, "snapshot")) after \(LongTime.words(span)), and growing" }
        let number = fewest == most ? counted(most, "snapshot") : "\(fewest) to \(most) snapshots"
        return number + " once every rule is filled"
    }

    private var keepsNothing: Bool { judged.allSatisfy { $0.verdict.reasons == [Reason(.newest)] } }

    var numbers: [JSON.Field] {
        [
            ("fewest", isGrowing ? .null : .integer(Int64(fewest))), ("most", isGrowing ? .null : .integer(Int64(most))),
            ("growing", .bool(isGrowing)),
        ]
    }
}

/// Lengths of time for people who want to know how long about.
enum LongTime {
    private static let units: [(milliseconds: Int64, noun: String)] = [
        (31_557_600_000, "year"), (2_629_800_000, "month"), (604_800_000, "week"), (86_400_000, "day"), (3_600_000, "hour"),
        (60_000, "minute"), (1_000, "second"),
    ]

    /// "10 years", "6 weeks", "3 hours": in the largest unit that is off by an eighth at most.
    static func words(_ milliseconds: Int64) -> String {
        for (length, noun) in units {
            let count = (milliseconds + length / 2) / length
            if count >= 1, abs(milliseconds - count * length) * 8 <= milliseconds { return counted(Int(count), noun) }
        }
        return "0 seconds"
    }

    static func words(_ span: Range<Instant>) -> String { words(span.upperBound.milliseconds - span.lowerBound.milliseconds) }
}

extension Judged {
    /// One that is kept, and why.
    var json: JSON { .object([("taken_at", JSON(takenAt)), ("reasons", .array(verdict.reasons.map(\.json)))]) }
}
