// Making any text safe to show. The rule: nothing that a terminal would obey, that turns the direction of writing, or that can't be seen gets
// out as it is, wherever it came from: a path, a label, an error.

package enum EscapedText {
    /// The text on one line, everything dangerous escaped.
    package static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isDangerous) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": safe += "\\n"
            case "\t": safe += "\\t"
            case "\r": safe += "\\r"
            case _ where isDangerous(scalar): safe += "\\u{\(hexadecimal(scalar.value, digits: 2))}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// Whether the scalar has no business on a screen.
    package static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value < 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: return true
        // The joiners make letters and emoji of some scripts; all other format characters (bidi, tags, BOM) only hide or turn things.
        case .format: return scalar.value != 0x200C && scalar.value != 0x200D
        default: return false
        }
    }

    /// The number in lower-case hexadecimal digits, at least so many.
    package static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
