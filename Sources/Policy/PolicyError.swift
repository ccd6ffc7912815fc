// What can be wrong with the words of a policy. Each case has a sentence and a way out.

/// A rule or a name in a policy that can't be taken. Message and hint are lower case without a full stop.
public enum PolicyError: Error, Sendable, Hashable {
    /// No time zone of that name; `similar` is a known one that was probably meant.
    case unknownTimeZone(name: String, similar: String?)
    /// A limit below zero.
    case negativeLimit(String)
    /// A limit of zero.
    case zeroLimit(String)
    /// Not a number.
    case malformedLimit(String)
    /// A number above `Limit.largest`.
    case hugeLimit(String)

    /// What is wrong.
    public var message: String {
        switch self {
        case .unknownTimeZone(let name, _): "unknown time zone \(quoted(name))"
        case .negativeLimit(let text): "the number of snapshots to keep can't be negative: \(quoted(text))"
        case .zeroLimit: "the number of snapshots to keep must be at least 1"
        case .malformedLimit(let text): "not a number of snapshots to keep: \(quoted(text))"
        case .hugeLimit(let text): "the number of snapshots to keep is too large: \(quoted(text))"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .unknownTimeZone(_, let similar?): "did you mean \(similar)?"
        case .unknownTimeZone(_, nil): "use a name of the tz database, such as Europe/London or UTC"
        case .negativeLimit: "use a number from 1, or 'all' to keep every one"
        case .zeroLimit: "leave the rule out to keep none by it"
        case .malformedLimit: "use a number from 1, or 'all'"
        case .hugeLimit: "use 'all' to keep every one"
        }
    }
}
