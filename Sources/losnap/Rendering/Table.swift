// Aligned columns for people. The rule: cells are escaped here, so that no caller can forget it; columns are two blanks apart, numbers end
// in one line, no line ends in blanks.

import CloneCore

/// Where a column's cells stand.
enum Alignment {
    case left, right
}

/// A table, row by row. Its cells lie one behind the other as bytes: a table may have a hundred thousand rows, and a string for each
/// cell takes more room and time than all else.
struct Table {
    private let headings: [(title: String, alignment: Alignment)]
    private var bytes: [UInt8] = []
    private var cells: [Cell] = []
    private var widths: [Int]

    private struct Cell {
        var byteCount: UInt32
        var width: UInt32
    }

    init(_ headings: [(String, Alignment)]) {
        self.headings = headings.map { ($0.0, $0.1) }
        widths = headings.map { DisplayWidth.of($0.0) }
    }

    /// Adds a row of as many cells as there are headings.
    mutating func add(_ row: [String]) {
        for text in row { add(cell: text) }
    }

    /// Adds the next cell of a row; the row is whole when there are as many as headings.
    mutating func add(cell text: String) {
        let column = cells.count % headings.count
        var text = text
        let start = bytes.count
        let isPlain = text.withUTF8 { text in
            bytes.append(contentsOf: text)
            return text.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        }
        var width = bytes.count - start
        if !isPlain {
            let cell = EscapedText.line(text)
            width = DisplayWidth.of(cell)
            bytes.removeSubrange(start...)
            bytes.append(contentsOf: cell.utf8)
        }
        if width > widths[column] { widths[column] = width }
        cells.append(Cell(byteCount: UInt32(clamping: bytes.count - start), width: UInt32(clamping: width)))
    }

    /// The table as text; empty without rows.
    ///
    /// - Parameter leavesOutEmpty: whether columns in which no row has anything are left out.
    func text(_ style: TextStyle, leavesOutEmpty: Bool = false) -> String {
        guard !cells.isEmpty else { return "" }
        let shown = leavesOutEmpty ? filled : headings.map { _ in true }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + cells.count * 4)
        writeHeading(to: &text, shown, style)
        var start = 0
        var column = 0
        var blanks = 0
        bytes.withUnsafeBufferPointer { bytes in
            for cell in cells {
                let end = start + Int(cell.byteCount)
                if shown[column] { write(bytes[start..<end], cell, column, to: &text, &blanks) }
                start = end
                column += 1
                if column == headings.count {
                    finishLine(&text)
                    column = 0
                    blanks = 0
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func writeHeading(to text: inout [UInt8], _ shown: [Bool], _ style: TextStyle) {
        var line: [UInt8] = []
        var blanks = 0
        for (column, heading) in headings.enumerated() where shown[column] {
            let cell = Cell(byteCount: 0, width: UInt32(clamping: DisplayWidth.of(heading.title)))
            var title = heading.title
            title.withUTF8 { write($0[...], cell, column, to: &line, &blanks) }
        }
        finishLine(&line)
        line.removeLast()
        text += Array((style.bold(String(decoding: line, as: UTF8.self)) + "\n").utf8)
    }

    /// `blanks`: how many are due before the next cell.
    private func write(_ cell: Slice<UnsafeBufferPointer<UInt8>>, _ size: Cell, _ column: Int, to text: inout [UInt8], _ blanks: inout Int)
    {
        let padding = widths[column] - Int(size.width)
        if headings[column].alignment == .right { blanks += padding }
        if !cell.isEmpty {
            for _ in 0..<blanks { text.append(UInt8(ascii: " ")) }
            text.append(contentsOf: cell)
            blanks = 0
        }
        if headings[column].alignment == .left { blanks += padding }
        blanks += 2
    }

    /// Ends a line; cells may end in blanks of their own.
    private func finishLine(_ text: inout [UInt8]) {
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        text.append(UInt8(ascii: "\n"))
    }

    /// In which columns some row has something.
    private var filled: [Bool] {
        var filled = headings.map { _ in false }
        for (index, cell) in cells.enumerated() where cell.byteCount > 0 { filled[index % headings.count] = true }
        return filled
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
