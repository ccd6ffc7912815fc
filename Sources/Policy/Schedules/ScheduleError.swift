// What can be wrong with a schedule. Each case has a sentence and a way out.

/// A schedule that can't be taken. Message and hint are lower case without a full stop.
public enum ScheduleError: Error, Sendable, Hashable {
    /// Neither a length nor a time of day.
    case empty
    /// The length can't be read.
    case duration(DurationError)
    /// Less than a minute.
    case tooShort(CalendarDuration)
    /// Months or years together with weeks, days or hours: no calendar has such a step.
    case mixed(CalendarDuration)
    /// Not a time of day.
    case malformedTime(String)
    /// One time of day twice.
    case repeatedTime(TimeOfDay)

    /// What is wrong.
    public var message: String {
        switch self {
        case .empty: "the schedule is empty"
        case .duration(let error): error.message
        case .tooShort(let duration): "'\(duration)' is shorter than a minute"
        case .mixed(let duration): "'\(duration)' mixes months or years with shorter units"
        case .malformedTime(let text): "\(quoted(text)) is not a time of day"
        case .repeatedTime(let time): "\(time) is there twice"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .empty: "write a duration such as 1h, or times of day such as 07:30"
        case .duration(let error): error.hint
        case .tooShort: "write at least 1min"
        case .mixed: "write years and months alone, as in 3mo, or weeks, days and hours, as in 2w"
        case .malformedTime: "write it like 07:30, from 00:00 to 23:59"
        case .repeatedTime: "keep one of them"
        }
    }
}
