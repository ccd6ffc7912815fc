// Which of the ways to name a snapshot a text is, judged by its looks alone. The rule: a text that looks like a time, an age or a word of
// the grammar is never a label, not even when it is a wrong one, so that a slip of the pen never finds another snapshot.

/// What the part after the `@` looks like.
enum SelectorShape: Equatable {
    case number, latest, oldest, time, age, label

    init(of text: String) {
        let bytes = Array(text.utf8)
        let lowered = text.lowercased()
        if !bytes.isEmpty, bytes.allSatisfy(Self.isDigit) {
            self = .number
        } else if lowered == "latest" || lowered.hasPrefix("latest~") {
            self = .latest
        } else if lowered == "oldest" || lowered.hasPrefix("oldest~") {
            self = .oldest
        } else if Self.looksLikeTime(bytes) {
            self = .time
        } else if Self.looksLikeAge(bytes) {
            self = .age
        } else {
            self = .label
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// From the year and its dash on, every character is one that a time may have at that place.
    private static func looksLikeTime(_ bytes: [UInt8]) -> Bool {
        let template = Array("dddd-dd-dd dd:dd:dd.ddd".utf8)
        var bytes = bytes[...]
        if bytes.last == 0x5A || bytes.last == 0x7A { bytes.removeLast() }
        guard bytes.count >= 5, bytes.count <= template.count else { return false }
        return zip(bytes, template).allSatisfy { byte, place in
            switch place {
            case 0x64: isDigit(byte)
            case 0x20: byte == 0x20 || byte == 0x54 || byte == 0x74
            default: byte == place
            }
        }
    }

    /// Numbers, each with a unit of time.
    private static func looksLikeAge(_ bytes: [UInt8]) -> Bool {
        let units: Set<String> = ["y", "mo", "w", "d", "h", "m", "min", "s"]
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix(while: isDigit)
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !isDigit($0) }
            rest = rest.dropFirst(unit.count)
            guard !digits.isEmpty, units.contains(String(decoding: unit, as: UTF8.self)) else { return false }
        }
        return !bytes.isEmpty
    }
}
