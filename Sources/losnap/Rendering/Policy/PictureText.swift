// A policy drawn in characters: a row for each period, a character for each bucket. The rule: at most 80 columns, ASCII alone, so that
// it looks the same in every terminal, mail and log; colour only adds to what the characters say.

import Foundation
import Policy
import Snapshots

/// The picture of one source's snapshots.
struct PictureText {
    private let picture: PolicyPicture
    private let zone: TimeZone

    /// As many as there is room for beside name, date and number.
    private static let columns = 49

    init(_ judged: [Judged], keep: Keep, zone: TimeZone) {
        picture = PolicyPicture(judged, keep: keep, zone: zone, columns: Self.columns)
        self.zone = zone
    }

    /// The picture with its legend; empty without snapshots.
    func text(_ style: TextStyle) -> String {
        guard let newest = picture.newest else { return "" }
        let title = "newest on the right: \(newest.local(in: zone).text(.minutes))"
        let width = max(title.count, picture.rows.map { $0.cells.count + $0.breaks.count }.max() ?? 0)
        var lines = [style.bold("PERIOD     FROM         " + title + blanks(width - title.count) + "   KEPT")]
        lines += picture.rows.map { line($0, width, style) }
        if !picture.besides.isEmpty {
            lines.append("besides: " + picture.besides.map { "\($0.rule.words) \($0.count)" }.joined(separator: ", "))
        }
        let hasRemoved = picture.rows.contains { $0.cells.contains(.removed) }
        lines.append("# kept by the row's rule  o kept by another" + (hasRemoved ? "  x would be removed" : "") + "  . none")
        return lines.map { $0 + "\n" }.joined()
    }

    private func line(_ row: PolicyPicture.Row, _ width: Int, _ style: TextStyle) -> String {
        let name = row.hasRule ? row.period.rawValue : "(days)"
        var text = name + blanks(11 - name.count)
        let from = start(row)
        text += from + blanks(13 - from.count)
        text += cells(row, style) + blanks(width - row.cells.count - row.breaks.count)
        let count = row.hasRule ? "\(row.keptByRule)" : ""
        text += blanks(7 - count.count) + count
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The start of the first bucket, as exact as the period.
    private func start(_ row: PolicyPicture.Row) -> String {
        let text = row.from.local(in: zone).text(.minutes)
        switch row.period {
        case .hourly: return String(text.dropFirst(5))
        case .daily, .weekly: return String(text.prefix(10))
        case .monthly, .quarterly: return String(text.prefix(7))
        case .yearly: return String(text.prefix(4))
        }
    }

    private func cells(_ row: PolicyPicture.Row, _ style: TextStyle) -> String {
        var text = ""
        // One run of equal cells is painted at once.
        var run = ""
        var kind: PolicyPicture.Cell?
        func finish() {
            switch kind {
            case .kept: text += style.green(run)
            case .removed: text += style.red(run)
            default: text += run
            }
            run = ""
        }
        for (index, cell) in row.cells.enumerated() {
            let isBreak = row.breaks.contains(index)
            if cell != kind || isBreak { finish() }
            if isBreak { text += "|" }
            kind = cell
            run += cell.character
        }
        finish()
        return text
    }

    private func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}

extension PolicyPicture.Cell {
    fileprivate var character: String {
        switch self {
        case .kept: "#"
        case .keptOtherwise: "o"
        case .removed: "x"
        case .empty: "."
        }
    }
}
