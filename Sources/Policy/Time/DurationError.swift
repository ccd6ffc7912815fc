// What can be wrong with a duration. Each case has a sentence and a way out.

/// A duration that can't be taken. Message and hint are lower case without a full stop.
public enum DurationError: Error, Sendable, Hashable {
    /// Nothing written.
    case empty
    /// Not numbers with units.
    case malformed(String)
    /// A number without a unit.
    case missingUnit(String)
    /// A unit that does not exist.
    case unknownUnit(String, in: String)
    /// A bare `m` where it could mean months or minutes.
    case ambiguousUnit(String)
    /// A unit twice, or a smaller one before a larger one.
    case outOfOrder(String)
    /// Less than nothing.
    case negative
    /// Nothing at all: no rule, schedule or timeout can mean that.
    case zero
    /// More than 10,000 years.
    case tooLong

    /// What is wrong.
    public var message: String {
        switch self {
        case .empty: "the duration is empty"
        case .malformed(let text): "not a duration: \(quoted(text))"
        case .missingUnit(let text): "the duration \(quoted(text)) has a number without a unit"
        case .unknownUnit(let unit, let text): "unknown unit \(quoted(unit)) in the duration \(quoted(text))"
        case .ambiguousUnit(let text): "'m' in the duration \(quoted(text)) could mean months or minutes"
        case .outOfOrder(let text): "the units of the duration \(quoted(text)) are not in order, or one is there twice"
        case .negative: "a duration can't be negative"
        case .zero: "a duration must be longer than nothing"
        case .tooLong: "the duration is longer than 10,000 years"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .ambiguousUnit: "write 'mo' for months or 'min' for minutes"
        case .outOfOrder: "write each unit once, the largest first, as in 1y6mo or 2d12h"
        case .zero: "leave it out, or write at least 1s"
        case .empty, .malformed, .missingUnit, .unknownUnit, .negative, .tooLong:
            "write numbers with y, mo, w, d, h, min or s, as in 1y6mo or 2d12h"
        }
    }
}
