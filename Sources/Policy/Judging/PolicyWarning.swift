// What is odd about a judgement, though nothing is wrong with the rules.

/// Something that the user should know. Message and hint are lower case without a full stop.
public enum PolicyWarning: Sendable, Hashable {
    /// These were taken in the future; they are kept, and no rule sees them. Ascending.
    case future(numbers: [Int64])
    /// The rule set is empty, so everything is kept.
    case noRules

    /// What is odd.
    public var message: String {
        switch self {
        case .future(let numbers):
            let shown = numbers.prefix(5).map(String.init).joined(separator: ", ")
            let more = numbers.count > 5 ? " and \(numbers.count - 5) more" : ""
            return numbers.count == 1
                ? "snapshot \(shown) was taken in the future; it is kept, and no rule counts it"
                : "snapshots \(shown)\(more) were taken in the future; they are kept, and no rule counts them"
        case .noRules: return "there are no rules, so everything is kept"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .future: "look whether the clock is right"
        case .noRules: "give at least one keep rule"
        }
    }
}
