// What `create` shows.

import CloneCore
import Foundation
import Policy
import Snapshots

/// Snapshots that were taken.
struct CreatePresentation: Presentation {
    var report: CreateReport

    func text(_ context: RenderContext) -> String {
        report.snapshots.map { listed in
            let snapshot = listed.snapshot
            var facts = [snapshot.consistency.rawValue]
            if let frozen = snapshot.frozenMicroseconds { facts[0] += " for \(Quantity.microseconds(frozen))" }
            facts.append("\(Quantity.bytes(listed.allocatedBytes)) allocated")
            if let label = snapshot.label { facts.append("label \(label)") }
            if snapshot.isHeld(at: context.now) { facts.append("held") }
            let line =
                "snapshot \(snapshot.number) of \(snapshot.sourceName), \(context.time(snapshot.takenAt)): \(facts.joined(separator: ", "))"
            return EscapedText.line(line) + "\n"
        }.joined()
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        if report.snapshots.count == 1, let only = report.snapshots.first, only.snapshot.group == nil {
            return [("snapshot", .snapshot(only, now: context.now))]
        }
        return [("snapshots", .snapshots(report.snapshots, now: context.now))]
    }
}
