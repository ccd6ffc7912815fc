// The few colours there are. The rule: only on a terminal, and not where NO_COLOR is set or the terminal is dumb.

/// Colours a text, or leaves it.
struct TextStyle {
    /// No colours.
    static let plain = TextStyle(isColoured: false)

    let isColoured: Bool

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    /// That for a stream.
    init(_ stream: OutputStream, _ session: Session) {
        isColoured = stream.isTerminal && session.variable("NO_COLOR") == nil && session.variable("TERM") != "dumb"
    }

    func bold(_ text: String) -> String { paint(text, "1") }
    func green(_ text: String) -> String { paint(text, "32") }
    func red(_ text: String) -> String { paint(text, "31") }
    func yellow(_ text: String) -> String { paint(text, "33") }

    private func paint(_ text: String, _ code: String) -> String { isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
