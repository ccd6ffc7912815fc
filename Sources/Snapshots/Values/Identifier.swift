// The UUIDs of snapshots, sources, groups and catalogues: 128 bits, and the one spelling that losnap writes.
// The rule: lower case with four dashes out, either case in, nothing else.

/// A UUID (RFC 9562).
public struct Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The UUID of these 16 bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new random UUID (version 4).
    public static func random() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// A new random UUID (version 4) from the given source of randomness.
    public static func random(using generator: inout some RandomNumberGenerator) -> Identifier {
        let high: UInt64 = generator.next()
        let low: UInt64 = generator.next()
        return Identifier(high: high & ~0xF000 | 0x4000, low: low & ~(0b11 << 62) | 0b10 << 62)
    }

    /// The UUID that `text` spells as 8-4-4-4-12 hexadecimal digits; nil when it does not.
    public init?(parsing text: some StringProtocol) {
        let parsed = text.utf8.withContiguousStorageIfAvailable { Identifier(parsing: $0) }
        guard let parsed = parsed ?? Array(text.utf8).withUnsafeBufferPointer({ Identifier(parsing: $0) }) else { return nil }
        self = parsed
    }

    /// The same of a text's bytes.
    init?(parsing bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for position in 0..<36 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard bytes[position] == 0x2D else { return nil }
            } else {
                guard let digit = Self.digit(bytes[position]) else { return nil }
                if position < 18 { high = high << 4 | digit } else { low = low << 4 | digit }
            }
        }
        self.init(high: high, low: low)
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        default: nil
        }
    }

    /// The canonical spelling: 36 characters in lower case.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[position] = 0x2D
                    position += 1
                }
                let half = index < 16 ? high : low
                buffer[position] = digits[Int(half >> UInt64(60 - 4 * (index % 16)) & 0xF)]
                position += 1
            }
            return position
        }
    }

    /// The first eight hexadecimal digits, as they stand in a snapshot's file name.
    public var prefix: String { String(description.prefix(8)) }

    /// By their bytes.
    public static func < (left: Identifier, right: Identifier) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
