// The written form of a duration: numbers with units, joined, the largest unit first: 1y6mo, 2d12h, 90min.

/// What a bare `m` means where a duration is read.
public enum BareM: Sendable, Hashable {
    /// Months, as in restic: keep rules.
    case months
    /// Minutes: schedules and timeouts.
    case minutes
    /// Nothing: the user must write `mo` or `min`.
    case refused
}

extension CalendarDuration {
    private enum Unit: Int {
        case years, months, weeks, days, hours, minutes, seconds
    }

    /// Reads numbers with `y`, `mo`, `w`, `d`, `h`, `min`, `s`, each at most once, the largest first, without spaces, signs or
    /// fractions.
    public init(parsing text: String, bareM: BareM) throws(DurationError) {
        guard !text.isEmpty else { throw .empty }
        if text.hasPrefix("-") { throw .negative }
        var amounts = [Int](repeating: 0, count: 7)
        var previous: Unit?
        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { !("0"..."9").contains($0) }
            rest = rest.dropFirst(letters.count)
            guard !digits.isEmpty else { throw .malformed(text) }
            let unit = try CalendarDuration.unit(String(letters), bareM: bareM, in: text)
            if let previous, unit.rawValue <= previous.rawValue { throw .outOfOrder(text) }
            previous = unit
            guard let amount = Int(String(digits)) else { throw .tooLong }
            amounts[unit.rawValue] = amount
        }
        var seconds = 0
        for (unit, length) in [(Unit.hours, 3600), (.minutes, 60), (.seconds, 1)] {
            let (product, productOverflow) = amounts[unit.rawValue].multipliedReportingOverflow(by: length)
            let (sum, sumOverflow) = seconds.addingReportingOverflow(product)
            if productOverflow || sumOverflow { throw .tooLong }
            seconds = sum
        }
        try self.init(years: amounts[0], months: amounts[1], weeks: amounts[2], days: amounts[3], seconds: seconds)
    }

    private static func unit(_ letters: String, bareM: BareM, in text: String) throws(DurationError) -> Unit {
        switch letters {
        case "y": return .years
        case "mo": return .months
        case "w": return .weeks
        case "d": return .days
        case "h": return .hours
        case "min": return .minutes
        case "s": return .seconds
        case "m":
            switch bareM {
            case .months: return .months
            case .minutes: return .minutes
            case .refused: throw .ambiguousUnit(text)
            }
        case "": throw .missingUnit(text)
        default: throw .unknownUnit(letters, in: text)
        }
    }
}
