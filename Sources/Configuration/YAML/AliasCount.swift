// Aliases, counted before the text is composed. An alias as a key is looked at with all that it stands for, and aliases of aliases stand for twice as
// much with each line: a page of them would be composed for years. The rule: a few are let through, and told each with its place by who reads the
// values; what only looks like an alias, such as a star in a command, does not count.

enum AliasCount {
    /// With so many, what they stand for is at most some ten times the text.
    private static let most = 8

    /// Where the first alias stands if there are too many of them.
    static func tooMany(in text: String) -> (line: Int, column: Int)? {
        guard text.utf8.contains(UInt8(ascii: "&")), text.utf8.contains(UInt8(ascii: "*")) else { return nil }
        let anchors = Set(names(after: UInt8(ascii: "&"), in: text).map(\.name))
        let aliases = names(after: UInt8(ascii: "*"), in: text).filter { anchors.contains($0.name) }
        guard aliases.count > most, let first = aliases.first else { return nil }
        let before = text.utf8[..<first.index]
        let line = before.lastIndex(of: UInt8(ascii: "\n")).map { text.utf8.index(after: $0) } ?? text.startIndex
        return (before.count { $0 == UInt8(ascii: "\n") } + 1, text.unicodeScalars[line..<first.index].count + 1)
    }

    /// The names that follow the sign where a value may begin.
    private static func names(after sign: UInt8, in text: String) -> [(name: Substring, index: String.Index)] {
        var found: [(Substring, String.Index)] = []
        var previous = UInt8(ascii: "\n")
        var index = text.utf8.startIndex
        while index < text.utf8.endIndex {
            let byte = text.utf8[index]
            let next = text.utf8.index(after: index)
            if byte == sign, !isName(previous) {
                let name = text.utf8[next...].prefix(while: isName)
                if !name.isEmpty { found.append((Substring(name), index)) }
            }
            previous = byte
            index = next
        }
        return found
    }

    /// Letters, digits, dash and underscore: what an anchor may be called here.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}
