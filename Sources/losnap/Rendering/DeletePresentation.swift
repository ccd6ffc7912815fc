// What `delete` shows.

import CloneCore
import Foundation
import Policy
import Snapshots

/// Snapshots that were removed by name.
struct DeletePresentation: Presentation {
    var removed: [ListedSnapshot]
    var failed: [FailedRemoval]
    var isDryRun: Bool

    func text(_ context: RenderContext) -> String {
        removed.map { listed in
            let what = "snapshot \(listed.snapshot.number) of \(listed.snapshot.sourceName), \(context.time(listed.snapshot.takenAt))"
            return EscapedText.line(isDryRun ? "would remove \(what)" : "removed \(what)") + "\n"
        }.joined()
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("dry_run", .bool(isDryRun)), ("removed", .snapshots(removed, now: context.now)),
            ("failed", .array(failed.map { .failure($0, context) })),
        ]
    }
}
