// How many columns of a terminal a text takes: East Asian wide characters and emoji two, marks that combine none. The table is that of
// Unicode's EastAsianWidth W and F, joined into ranges; terminals differ in a few emoji, and columns then shift by one.

enum DisplayWidth {
    /// The width of the text, which must be escaped already.
    static func of(_ text: String) -> Int {
        var isPlain = true
        for byte in text.utf8 where byte >= 0x80 {
            isPlain = false
            break
        }
        return isPlain ? text.utf8.count : text.reduce(0) { $0 + width(of: $1) }
    }

    /// A character is as wide as its widest scalar: what combines with it takes no room.
    private static func width(of character: Character) -> Int {
        var widest = 0
        for scalar in character.unicodeScalars {
            // The variation selector that asks for the form of an emoji.
            if scalar.value == 0xFE0F { return 2 }
            widest = max(widest, width(of: scalar))
        }
        return widest
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        // Vowels and final consonants of Hangul join the wide consonant before them.
        if (0x1160...0x11FF).contains(scalar.value) { return 0 }
        return scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1D300...0x1D356, 0x1F200...0x1F320, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
