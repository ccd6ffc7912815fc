// A time as lists print it and as references are matched against it: `2026-11-22 07:00:12`, in the zone that the caller gives. The rule: one
// function prints for both, so whatever a list shows can be typed back.

public import Policy
public import Foundation

/// A civil date and time in some time zone.
public struct LocalTime: Hashable, Sendable {
    private let bytes: [UInt8]

    /// How much of it is printed.
    public enum Precision: Int, Sendable {
        /// `2026-11-22 07:00`
        case minutes = 16
        /// `2026-11-22 07:00:12`
        case seconds = 19
        /// `2026-11-22 07:00:12.123`
        case milliseconds = 23
    }

    fileprivate init(_ instant: Instant, offset: Int) {
        var (date, rest) = instant.civil(offsetSeconds: Int64(offset))
        // In the first and the last hours that there are another zone may have a year without four digits: those are told in UTC.
        if !(0...9999).contains(date.year) { (date, rest) = instant.civil(offsetSeconds: 0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(23)
        bytes.append(date.year, digits: 4)
        bytes.append(0x2D)
        bytes.append(date.month, digits: 2)
        bytes.append(0x2D)
        bytes.append(date.day, digits: 2)
        bytes.append(0x20)
        bytes.append(rest / 3_600_000, digits: 2)
        bytes.append(0x3A)
        bytes.append(rest / 60_000 % 60, digits: 2)
        bytes.append(0x3A)
        bytes.append(rest / 1000 % 60, digits: 2)
        bytes.append(0x2E)
        bytes.append(rest % 1000, digits: 3)
        self.bytes = bytes
    }

    /// The text, cut after that precision.
    public func text(_ precision: Precision) -> String {
        String(decoding: bytes.prefix(precision.rawValue), as: UTF8.self)
    }

    /// Whether the full text starts so.
    func starts(with prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    /// How far it is from the time that starts so, in seconds, near enough to find the nearest.
    func distance(to prefix: [UInt8]) -> Double {
        let blank = Array("0000-01-01 00:00:00.000".utf8)
        return abs(Self.seconds(bytes) - Self.seconds(prefix + blank.dropFirst(prefix.count)))
    }

    private static func seconds(_ bytes: [UInt8]) -> Double {
        let fields = bytes.split { !(0x30...0x39).contains($0) }.map { $0.reduce(0.0) { $0 * 10 + Double($1 - 0x30) } }
        guard fields.count >= 6 else { return 0 }
        return (((fields[0] * 372 + fields[1] * 31 + fields[2]) * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5]
    }
}

extension Instant {
    /// The civil time in that zone.
    public func local(in timeZone: TimeZone) -> LocalTime {
        LocalTime(self, offset: timeZone.secondsFromGMT(for: date))
    }

    /// The civil time where clocks are that many seconds ahead of UTC.
    public func local(offsetSeconds: Int) -> LocalTime { LocalTime(self, offset: offsetSeconds) }
}
