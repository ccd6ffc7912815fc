// Shows what a user wrote inside a message: never more than a line, never a control character.

/// The text in single quotes, control characters escaped, shortened to 40 characters.
func quoted(_ text: String) -> String {
    var shown = ""
    for character in text.prefix(40) {
        let unsafe = character.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
            default: false
            }
        }
        shown += unsafe ? character.unicodeScalars.map { "\\u{\(String($0.value, radix: 16))}" }.joined() : String(character)
    }
    return text.count > 40 ? "'\(shown)...'" : "'\(shown)'"
}
