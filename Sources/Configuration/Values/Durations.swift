// Lengths of time, and how long a freeze and a hook may last. The rule: a bare m is months in keep rules, minutes elsewhere.

public import Policy

/// The longest that a filesystem may stay frozen: from 10 ms to 10 minutes.
public struct FreezeTime: Sendable, Hashable, CustomStringConvertible {
    /// In milliseconds.
    public let milliseconds: Int

    /// Why a text is none.
    public enum Wrong: Error, Sendable, Hashable {
        /// It is no duration.
        case duration(DurationError)
        /// It is too short or too long.
        case range
    }

    /// Reads a DURATION of elapsed time (a bare `m` is minutes), or milliseconds (`500ms`).
    public init(parsing text: String) throws(Wrong) {
        if text.hasSuffix("ms"), let number = Int(text.dropLast(2)), text.first?.isNumber == true {
            milliseconds = number
        } else {
            let duration: CalendarDuration
            do { duration = try CalendarDuration(parsing: text, bareM: .minutes) } catch { throw .duration(error) }
            guard duration.isElapsed, duration.seconds <= 600 else { throw .range }
            milliseconds = duration.seconds * 1000
        }
        guard (10...600_000).contains(milliseconds) else { throw .range }
    }

    /// What it may be.
    public static let range = "between 10ms and 10min"
    /// How it is written.
    public static let form = "write it like 500ms, 10s or 2min"

    /// The text that is read back.
    public var description: String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

/// The longest that a step before the freeze may take: from a second to a day.
public struct PrepareTime: Sendable, Hashable, CustomStringConvertible {
    /// In seconds.
    public let seconds: Int

    /// Reads a DURATION of elapsed time; a bare `m` is minutes.
    public init(parsing text: String) throws(FreezeTime.Wrong) {
        let duration: CalendarDuration
        do { duration = try CalendarDuration(parsing: text, bareM: .minutes) } catch { throw .duration(error) }
        guard duration.isElapsed, (1...86400).contains(duration.seconds) else { throw .range }
        seconds = duration.seconds
    }

    /// What it may be.
    public static let range = "between 1s and 24h"
    /// How it is written.
    public static let form = "write it like 90s or 10min"

    /// The text that is read back.
    public var description: String { seconds % 60 == 0 ? "\(seconds / 60)min" : "\(seconds)s" }
}

extension CalendarDuration {
    /// Whether it has no calendar steps.
    var isElapsed: Bool { years == 0 && months == 0 && weeks == 0 && days == 0 }
}

/// A duration.
func duration(_ text: String, _ bareM: BareM) throws(Refusal) -> CalendarDuration {
    do {
        return try CalendarDuration(parsing: text, bareM: bareM)
    } catch {
        throw Refusal(error.message, hint: error.hint)
    }
}

/// How long a freeze may last.
func freezeTime(_ text: String) throws(Refusal) -> FreezeTime {
    do throws(FreezeTime.Wrong) {
        return try FreezeTime(parsing: text)
    } catch {
        switch error {
        case .duration(let error): throw Refusal(error.message, hint: error.hint)
        case .range: throw Refusal("'\(text.shown)' is not \(FreezeTime.range)", hint: FreezeTime.form)
        }
    }
}

/// How long a step before the freeze may take.
func prepareTime(_ text: String) throws(Refusal) -> PrepareTime {
    do throws(FreezeTime.Wrong) {
        return try PrepareTime(parsing: text)
    } catch {
        switch error {
        case .duration(let error): throw Refusal(error.message, hint: error.hint)
        case .range: throw Refusal("'\(text.shown)' is not \(PrepareTime.range)", hint: PrepareTime.form)
        }
    }
}

/// How long a hook may run: up to a day.
func hookTimeout(_ text: String) throws(Refusal) -> CalendarDuration {
    let duration = try duration(text, .minutes)
    guard duration.isElapsed, duration.seconds <= 86400 else {
        throw Refusal("'\(text.shown)' is not between 1s and 24h", hint: "write it like 90s or 10min")
    }
    return duration
}
