// Aligned columns for people. The rule: cells are escaped here, so that no caller can forget it; columns are two blanks apart, numbers end
// in one line, no line ends in blanks.

import CloneCore

/// Where a column's cells stand.
enum Alignment {
    case left, right
}

/// A table, row by row.
struct Table {
    private let headings: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ headings: [(String, Alignment)]) {
        self.headings = headings.map { ($0.0, $0.1) }
    }

    /// Adds a row of as many cells as there are headings.
    mutating func add(_ cells: [String]) {
        rows.append(cells.map(EscapedText.line))
    }

    /// The table as text; empty without rows.
    func text(_ style: TextStyle) -> String {
        guard !rows.isEmpty else { return "" }
        var widths = headings.map { DisplayWidth.of($0.title) }
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], DisplayWidth.of(cell)) }
        }
        let heading = style.bold(line(headings.map(\.title), widths))
        return ([heading] + rows.map { line($0, widths) }).joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            if column > 0 { text += "  " }
            let padding = String(repeating: " ", count: max(0, widths[column] - DisplayWidth.of(cell)))
            text += headings[column].alignment == .left ? cell + padding : padding + cell
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// Names and values under each other, for one thing.
struct FactSheet {
    private var facts: [(name: String, value: String)] = []

    /// Adds a fact, unless it is nil.
    mutating func add(_ name: String, _ value: String?) {
        if let value { facts.append((name, EscapedText.line(value))) }
    }

    /// The facts as text.
    var text: String {
        let width = facts.map { DisplayWidth.of($0.name) }.max() ?? 0
        return facts.map { fact in
            fact.name + ":" + String(repeating: " ", count: width - DisplayWidth.of(fact.name) + 1) + fact.value + "\n"
        }.joined()
    }
}
