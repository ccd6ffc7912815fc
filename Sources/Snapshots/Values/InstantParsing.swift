// Reading an instant from text, strictly: a misread time would be a snapshot in the wrong bucket. What is not understood is an
// error that says so. Decimals beyond the third are dropped.

public import Policy

extension Instant {
    /// Reads RFC 3339: `2026-11-23T07:00:00.123Z`, `2026-11-23T08:00:00+01:00`; a blank or `t` may stand for the `T`.
    public init(parsing text: some StringProtocol) throws(SnapshotsError) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"), let day = reader.number(2),
            reader.skip("Tt "), let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2), let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { throw .invalidTime(text: String(text), problem: .notUnderstood) }
        try self.init(text, date: (year, month, day), time: (hour, minute, second), fraction: fraction, offset: offset)
    }

    private init(
        _ text: some StringProtocol, date: (Int64, Int64, Int64), time: (Int64, Int64, Int64), fraction: Int64, offset: Int64
    ) throws(SnapshotsError) {
        guard let date = CivilDate.checked(year: date.0, month: date.1, day: date.2), time.0 <= 23, time.1 <= 59, time.2 <= 59 else {
            throw .invalidTime(text: String(text), problem: .noSuchTime)
        }
        let seconds = date.daysSince1970 * 86_400 + time.0 * 3600 + time.1 * 60 + time.2 - offset
        guard let instant = Instant(milliseconds: seconds * 1000 + fraction) else {
            throw .invalidTime(text: String(text), problem: .noSuchTime)
        }
        self = instant
    }
}

/// Reads digits and separators from the front of a text.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Sequence<UInt8>) {
        // What is longer than any time is none, and must not be taken for its beginning.
        let first = Array(bytes.prefix(65))
        self.bytes = first.count > 64 ? [] : first
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number(_ digits: Int) -> Int64? {
        guard bytes.count - position >= digits else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + digits] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += digits
        return value
    }

    mutating func skip(_ allowed: StaticString) -> Bool {
        guard position < bytes.count else { return false }
        let byte = bytes[position]
        guard allowed.withUTF8Buffer({ $0.contains(byte) }) else { return false }
        position += 1
        return true
    }

    /// Milliseconds after the point; zero when there is no point, nil when no digit follows it.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var value: Int64 = 0
        var digits = 0
        while let digit = number(1) {
            if digits < 3 { value = value * 10 + digit }
            digits += 1
        }
        guard digits > 0 else { return nil }
        while digits < 3 {
            value *= 10
            digits += 1
        }
        return value
    }

    /// Seconds east of UTC: `Z`, or an offset of hours and minutes.
    mutating func offset() -> Int64? {
        if skip("Zz") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = number(2), skip(":"), let minutes = number(2), hours <= 23, minutes <= 59 else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
}
