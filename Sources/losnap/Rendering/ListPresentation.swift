// A list of snapshots.

import Foundation
import Snapshots

struct ListPresentation: Presentation {
    var snapshots: [ListedSnapshot]
    /// The columns that were asked for; nil: the usual ones, and in CSV all.
    var columns: [SnapshotColumn]?
    var isNumbersOnly = false

    func text(_ context: RenderContext) -> String {
        if isNumbersOnly { return NumbersPresentation(numbers: snapshots.map(\.snapshot.number)).text(context) }
        return SnapshotTable.text(snapshots, columns: columns ?? SnapshotColumn.usual, context)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("snapshots", .snapshots(snapshots, now: context.now))] }

    func csv(_ context: RenderContext) -> String {
        let columns = columns ?? SnapshotColumn.allCases
        var text = columns.map(\.rawValue).joined(separator: ",") + "\n"
        for listed in snapshots {
            for (position, column) in columns.enumerated() {
                if position > 0 { text += "," }
                text += CSV.field(column.value(listed, context))
            }
            text += "\n"
        }
        return text
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

enum SnapshotTable {
    /// The table of these snapshots; columns of the usual ones that would be empty are left out.
    static func text(_ snapshots: [ListedSnapshot], columns: [SnapshotColumn] = SnapshotColumn.usual, _ context: RenderContext) -> String {
        var table = Table(columns.map { ($0.rawValue.uppercased(), $0.alignment) })
        for listed in snapshots { table.add(columns.map { $0.cell(listed, context) }) }
        return table.text(context.style, leavesOutEmpty: columns == SnapshotColumn.usual)
    }
}

enum CSV {
    /// The field as RFC 4180 has it; lines end in a line feed alone.
    static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        return needsQuotes ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
}
