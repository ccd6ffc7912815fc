// Which dates there are, on top of the arithmetic of `Policy`.

internal import Policy

extension CivilDate {
    /// The date of these numbers; nil when there is no such day, or its year can't be written with four digits.
    static func checked(year: Int64, month: Int64, day: Int64) -> CivilDate? {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year) else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
