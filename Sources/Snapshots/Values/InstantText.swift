// The two spellings of an instant: RFC 3339 for JSON and people (`2026-11-23T07:00:00.123Z`), and the compact one in file names
// (`20261123T070000.123Z`), which sorts as the instants do. Both are always UTC, with three decimals, and exact both ways.

public import Policy

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds.
    public var description: String {
        text(of: [
            .year, .dash, .month, .dash, .day, .letter(0x54), .hour, .colon, .minute, .colon, .second, .point, .millisecond, .letter(0x5A),
        ])
    }

    /// The form that stands in the names of snapshot files.
    public var compact: String {
        text(of: [.year, .month, .day, .letter(0x54), .hour, .minute, .second, .point, .millisecond, .letter(0x5A)])
    }

    /// The date and the milliseconds of its day, after adding `seconds` (an offset from UTC).
    func civil(offsetSeconds seconds: Int64 = 0) -> (date: CivilDate, millisecondOfDay: Int64) {
        let shifted = milliseconds + seconds * 1000
        let days = shifted.floorDivided(by: 86_400_000)
        return (CivilDate(daysSince1970: days), shifted - days * 86_400_000)
    }

    private enum Piece {
        case year, month, day, hour, minute, second, millisecond, dash, colon, point
        case letter(UInt8)
    }

    private func text(of pieces: [Piece]) -> String {
        let (date, rest) = civil()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        for piece in pieces {
            switch piece {
            case .year: bytes.append(date.year, digits: 4)
            case .month: bytes.append(date.month, digits: 2)
            case .day: bytes.append(date.day, digits: 2)
            case .hour: bytes.append(rest / 3_600_000, digits: 2)
            case .minute: bytes.append(rest / 60_000 % 60, digits: 2)
            case .second: bytes.append(rest / 1000 % 60, digits: 2)
            case .millisecond: bytes.append(rest % 1000, digits: 3)
            case .dash: bytes.append(0x2D)
            case .colon: bytes.append(0x3A)
            case .point: bytes.append(0x2E)
            case .letter(let byte): bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends a number that is not negative in decimal, with leading zeros.
    mutating func append(_ number: Int64, digits: Int) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
    }
}
