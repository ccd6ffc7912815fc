// What may stand in a label, a tag or a reason, and how a doubtful text is shown in a message. The rule: nothing that a terminal
// would obey is ever stored or shown.

extension Unicode.Scalar {
    /// Whether it has no glyph of its own and may steer a terminal or turn the direction of writing.
    var isControl: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
        return isControlBeyondASCII
    }

    /// Whether it leaves something on the screen that can be seen.
    var isVisible: Bool { !isControl && !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint }

    private var isControlBeyondASCII: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default:
            // Overrides and isolates of the direction of writing: they make a text look like another.
            (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}

extension String {
    /// The text with everything that is not printable escaped, cut after 200 characters, for use in a message.
    var shown: String {
        var text = ""
        for (index, scalar) in unicodeScalars.enumerated() {
            guard index < 200 else { return text + "..." }
            if scalar.isControl { text += "\\u{\(String(scalar.value, radix: 16))}" } else { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    /// What is wrong with the text as a label, tag or reason of at most `limit` bytes.
    func textProblem(limit: Int) -> TextProblem? {
        if isEmpty { return .empty }
        if utf8.count > limit { return .tooLong(limit: limit) }
        return unicodeScalars.contains(where: \.isControl) ? .controlCharacter : nil
    }
}

/// What is wrong with a text that was meant as a name, label, tag or reason.
public enum TextProblem: Sendable, Hashable {
    /// It has no characters.
    case empty
    /// It has no character that can be seen.
    case blank
    /// It has more than `limit` bytes.
    case tooLong(limit: Int)
    /// It has a control character in it.
    case controlCharacter
    /// It has a character that a name may not have, this one.
    case character(Character)
    /// It starts with a dot or a dash.
    case start
    /// It reads like another way to name a snapshot: a number, a time, an age, `latest` or `oldest`.
    case looksLikeReference
    /// It is not valid UTF-8.
    case notUTF8
}
