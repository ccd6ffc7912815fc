// What `restore` shows.

import CloneCore
import Foundation
import Policy
import Snapshots
import SystemPackage

/// An image that was, or would be, restored.
struct RestorePresentation: Presentation {
    var plan: RestorePlan
    /// What was done; nil for a dry run.
    var report: RestoreReport?

    func text(_ context: RenderContext) -> String {
        let snapshot = plan.snapshot.snapshot
        let what = "\(plan.path.string) from snapshot \(snapshot.number) of \(snapshot.sourceName), \(context.time(snapshot.takenAt))"
        var lines: [String] = []
        if let report {
            lines.append((plan.replaces ? "restored " : "made ") + what)
            if let safety = report.safety { lines.append("the state before is snapshot \(safety.snapshot.number)") }
        } else {
            if plan.takesSafetySnapshot { lines.append("would take a safety snapshot of the present state") }
            lines.append((plan.replaces ? "would replace " : "would make ") + what)
        }
        return lines.map { EscapedText.line($0) + "\n" }.joined()
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("dry_run", .bool(report == nil)), ("snapshot", .snapshot(plan.snapshot, now: context.now)), ("path", JSON(plan.path)),
            ("replaces", .bool(plan.replaces)), ("takes_safety_snapshot", .bool(plan.takesSafetySnapshot)),
            ("safety_snapshot", report?.safety.map { .snapshot($0, now: context.now) } ?? .null),
        ]
    }
}
