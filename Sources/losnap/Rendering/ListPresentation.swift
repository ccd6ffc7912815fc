// A list of snapshots. The rule: it may be very long, so it is shown portion by portion as it is read; only a table has to wait for its last row, to
// know how wide its columns are, and keeps nothing but its cells until then.

import CloneCore
import Foundation
import Snapshots

struct ListPresentation: Showable {
    /// Gives the snapshots, portion by portion.
    typealias Feed = (_ take: ([ListedSnapshot]) throws -> Void) throws -> Void

    /// The columns that were asked for; nil: the usual ones, and in CSV all.
    var columns: [SnapshotColumn]?
    var isNumbersOnly = false
    private let feed: Feed

    init(columns: [SnapshotColumn]? = nil, isNumbersOnly: Bool = false, feed: @escaping Feed) {
        self.columns = columns
        self.isNumbersOnly = isNumbersOnly
        self.feed = feed
    }

    func show(
        _ format: OutputFormat, _ context: RenderContext, warnings: () -> JSON, to write: (String) throws -> Void
    ) throws {
        switch format {
        case .json:
            try showJSON(context, to: write)
            try write("],\"warnings\":\(warnings().text)}\n")
        case .csv: try showCSV(context, to: write)
        case .text where isNumbersOnly:
            try feed { try write(NumbersPresentation(numbers: $0.map(\.snapshot.number)).text(context)) }
        case .text:
            let columns = columns ?? SnapshotColumn.usual
            var table = Table(of: columns)
            // By index here and below: a loop over elements would copy each, which has a dozen references.
            try feed { portion in for index in portion.indices { table.add(portion[index], columns, context) } }
            try write(table.text(context.style, leavesOutEmpty: columns == SnapshotColumn.usual))
        }
    }

    /// All but the end. Nothing is written before the first portion has come: what fails before that leaves nothing behind.
    private func showJSON(_ context: RenderContext, to write: (String) throws -> Void) throws {
        let beginning = "{\"snapshots\":["
        var isFirst = true
        try feed { portion in
            var text = ""
            for index in portion.indices {
                text += isFirst ? beginning : ","
                isFirst = false
                JSON.snapshot(portion[index], now: context.now).write(to: &text)
            }
            try write(text)
        }
        if isFirst { try write(beginning) }
    }

    private func showCSV(_ context: RenderContext, to write: (String) throws -> Void) throws {
        let columns = columns ?? SnapshotColumn.allCases
        let heading = columns.map(\.rawValue).joined(separator: ",") + "\n"
        var isFirst = true
        try feed { portion in
            var text = isFirst ? heading : ""
            isFirst = false
            for index in portion.indices {
                for (position, column) in columns.enumerated() {
                    if position > 0 { text += "," }
                    text += CSV.field(column.value(portion[index], context))
                }
                text += "\n"
            }
            try write(text)
        }
        if isFirst { try write(heading) }
    }
}

/// Numbers alone, for scripts.
struct NumbersPresentation: Presentation {
    var numbers: [SnapshotNumber]

    func text(_ context: RenderContext) -> String {
        var text = ""
        for number in numbers { text += "\(number)\n" }
        return text
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("numbers", .array(numbers.map { .integer($0.value) }))] }
}

extension Table {
    /// Without rows.
    fileprivate init(of columns: [SnapshotColumn]) { self.init(columns.map { ($0.rawValue.uppercased(), $0.alignment) }) }

    fileprivate mutating func add(_ listed: ListedSnapshot, _ columns: [SnapshotColumn], _ context: RenderContext) {
        for column in columns { add(cell: column.cell(listed, context)) }
    }
}

enum CSV {
    /// The field as RFC 4180 has it; lines end in a line feed alone. What a terminal would obey is escaped as in text, line breaks too.
    static func field(_ text: String) -> String {
        let text = EscapedText.line(text)
        let needsQuotes = text.utf8.contains { $0 == 0x2C || $0 == 0x22 }
        return needsQuotes ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
}
