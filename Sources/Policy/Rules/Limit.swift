// How many buckets a counting rule may fill.

/// The N of "keep the last N".
public enum Limit: Sendable, Hashable, CustomStringConvertible {
    /// That many, at least 1. A smaller one made in code counts as 1: a slip there must not remove more.
    case count(Int)
    /// Without an end.
    case all

    /// The largest number that `init(parsing:)` takes.
    public static let largest = 1_000_000_000

    /// Reads a number from 1, or `all`. Throws one of the limit cases of `PolicyError`.
    public init(parsing text: String) throws(PolicyError) {
        if text == "all" {
            self = .all
            return
        }
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        // Int.init would also take a plus sign and digits of other scripts are no digits here.
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .malformedLimit(text)
        }
        if isNegative { throw .negativeLimit(text) }
        guard let number = Int(digits), number <= Limit.largest else { throw .hugeLimit(text) }
        if number == 0 { throw .zeroLimit(text) }
        self = .count(number)
    }

    /// The text that `init(parsing:)` reads.
    public var description: String {
        switch self {
        case .count(let number): "\(number)"
        case .all: "all"
        }
    }

    /// Places to fill.
    var places: Int {
        switch self {
        case .count(let number): max(number, 1)
        case .all: Int.max
        }
    }
}
