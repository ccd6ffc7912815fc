// From when on `losnap check` complains: shares of a pool, numbers of missed slots of a schedule, and ages.

import Policy

/// A share of a whole, in percent: 1 to 99.
public struct Percentage: Sendable, Hashable, CustomStringConvertible {
    /// The number before the sign.
    public let number: Int

    /// The text that is read back.
    public var description: String { "\(number)%" }

    init(_ number: Int) { self.number = number }
}

/// A share, in the configuration.
func percentage(_ text: String) throws(Refusal) -> Percentage {
    let digits = text.dropLast()
    guard text.hasSuffix("%"), (1...2).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits), number > 0
    else { throw Refusal("'\(text.shown)' is not between 1% and 99%", hint: "write it like 85%, or null for none") }
    return Percentage(number)
}

/// How many slots in a row may be missed.
func missedSlots(_ text: String) throws(Refusal) -> Int {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
        (1...1000).contains(number)
    else { throw Refusal("'\(text.shown)' is not a number from 1 to 1000", hint: "write it like 3, or null for none") }
    return number
}

/// How old the newest snapshot may be.
func maximumAge(_ text: String) throws(Refusal) -> CalendarDuration { try duration(text, .minutes) }
