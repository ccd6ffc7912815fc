// How long a freeze may last, as it is typed.

import Policy

/// Reads the value of `--max-freeze`.
enum FreezeLimit {
    private static let range = "between 10ms and 10min"
    private static let hint = "write it like 500ms, 10s or 2min"

    /// In nanoseconds: a DURATION of elapsed time (a bare `m` is minutes), or milliseconds (`500ms`).
    static func nanoseconds(_ text: String) throws(FrontError) -> UInt64 {
        let milliseconds: Int
        if text.hasSuffix("ms"), let number = Int(text.dropLast(2)), text.first?.isNumber == true {
            milliseconds = number
        } else {
            let duration: CalendarDuration
            do { duration = try CalendarDuration(parsing: text, bareM: .minutes) } catch { throw .duration(option: "--max-freeze", error) }
            guard duration.years == 0, duration.months == 0, duration.weeks == 0, duration.days == 0, duration.seconds <= 600 else {
                throw .outOfRange(option: "--max-freeze", value: text, range: range, hint: hint)
            }
            milliseconds = duration.seconds * 1000
        }
        guard (10...600_000).contains(milliseconds) else {
            throw .outOfRange(option: "--max-freeze", value: text, range: range, hint: hint)
        }
        return UInt64(milliseconds) * 1_000_000
    }
}
