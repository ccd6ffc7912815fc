// A list of snapshots.

import Foundation
import Snapshots

struct ListPresentation: Presentation {
    var snapshots: [ListedSnapshot]
    /// The columns that were asked for; nil: the usual ones, and in CSV all.
    var columns: [SnapshotColumn]?
    var isNumbersOnly = false

    func text(_ context: RenderContext) -> String {
        if isNumbersOnly { return snapshots.map { "\($0.snapshot.number)\n" }.joined() }
        return SnapshotTable.text(snapshots, columns: columns ?? SnapshotColumn.usual, context)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("snapshots", .snapshots(snapshots, now: context.now))] }

    func csv(_ context: RenderContext) -> String {
        let columns = columns ?? SnapshotColumn.allCases
        let lines = [columns.map(\.rawValue)] + snapshots.map { listed in columns.map { $0.value(listed, context) } }
        return lines.map { $0.map(CSV.field).joined(separator: ",") + "\n" }.joined()
    }
}

enum SnapshotTable {
    /// The table of these snapshots; columns of the usual ones that would be empty are left out.
    static func text(_ snapshots: [ListedSnapshot], columns: [SnapshotColumn] = SnapshotColumn.usual, _ context: RenderContext) -> String {
        let rows = snapshots.map { listed in columns.map { $0.cell(listed, context) } }
        let isUsual = columns == SnapshotColumn.usual
        let shown = columns.indices.filter { index in !isUsual || rows.contains { !$0[index].isEmpty } }
        var table = Table(shown.map { (columns[$0].rawValue.uppercased(), columns[$0].alignment) })
        for row in rows { table.add(shown.map { row[$0] }) }
        return table.text(context.style)
    }
}

enum CSV {
    /// The field as RFC 4180 has it; lines end in a line feed alone.
    static func field(_ text: String) -> String {
        let needsQuotes = text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        return needsQuotes ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
}
