// What `hold`, `release`, `label` and `tag` show.

import CloneCore
import Foundation
import Policy
import Snapshots

/// A snapshot whose record was changed.
struct RecordPresentation: Presentation {
    /// What was changed.
    enum Change {
        case held, released, notHeld, labelled, tagged
    }

    var snapshot: ListedSnapshot
    var change: Change

    func text(_ context: RenderContext) -> String {
        let snapshot = snapshot.snapshot
        let words =
            switch change {
            case .held: "held" + (snapshot.hold?.until.map { " until \(context.time($0))" } ?? "")
            case .released: "released"
            case .notHeld: "was not held"
            case .labelled: snapshot.label.map { "labelled \($0)" } ?? "without a label"
            case .tagged: snapshot.tags.isEmpty ? "without tags" : "tagged " + snapshot.tags.map(\.text).joined(separator: ", ")
            }
        return EscapedText.line("snapshot \(snapshot.number) of \(snapshot.sourceName): \(words)") + "\n"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("snapshot", .snapshot(snapshot, now: context.now))] }
}
