// What `create`, `show`, `hold`, `release`, `label`, `tag`, `delete` and `restore` show.

import CloneCore
import Foundation
import Policy
import Snapshots
import SystemPackage

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

/// Everything known of one snapshot.
struct ShowPresentation: Presentation {
    var details: SnapshotDetails

    func text(_ context: RenderContext) -> String {
        let listed = details.listed
        let snapshot = listed.snapshot
        var sheet = FactSheet()
        sheet.add("Snapshot", snapshot.number.description)
        sheet.add("Id", snapshot.id.description)
        sheet.add("Source", snapshot.sourceName.text)
        sheet.add("Image", snapshot.imagePath.string)
        sheet.add(
            "Taken",
            context.time(snapshot.takenAt)
                + (context.zone.secondsFromGMT(for: snapshot.takenAt.date) == 0 ? " UTC" : " (\(snapshot.takenAt))"))
        sheet.add("Label", snapshot.label?.text)
        sheet.add("Tags", snapshot.tags.isEmpty ? nil : snapshot.tags.map(\.text).joined(separator: ", "))
        sheet.add("Held", held(snapshot, context))
        sheet.add("Group", snapshot.group?.description)
        sheet.add("Origin", snapshot.origin.rawValue)
        sheet.add("Consistency", snapshot.consistency.rawValue)
        sheet.add("Frozen for", snapshot.frozenMicroseconds.map(Quantity.microseconds))
        sheet.add("State", snapshot.state.rawValue)
        sheet.add("File", listed.presence.rawValue)
        sheet.add("Path", snapshot.path?.string)
        sheet.add("Size", Quantity.bytes(snapshot.logicalBytes))
        sheet.add("Allocated", Quantity.bytes(listed.allocatedBytes))
        sheet.add("Shared", details.sharedBytes.map(Quantity.bytes))
        sheet.add("Exclusive", details.exclusiveBytes.map(Quantity.bytes))
        sheet.add("Extents", details.extentCount.map(String.init))
        sheet.add("Immutable", details.isImmutable.map { $0 ? "yes" : "no" })
        sheet.add("Problem", details.problem)
        return sheet.text
    }

    private func held(_ snapshot: Snapshot, _ context: RenderContext) -> String? {
        guard let hold = snapshot.hold else { return nil }
        guard snapshot.isHeld(at: context.now) else { return hold.until.map { "until \(context.time($0)), which is over" } }
        let parts = [hold.reason, hold.until.map { "until \(context.time($0))" }].compactMap(\.self)
        return parts.isEmpty ? "yes" : parts.joined(separator: ", ")
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("snapshot", .snapshot(details.listed, now: context.now)),
            (
                "details",
                .object([
                    ("extent_count", JSON(details.extentCount.map(Int64.init))),
                    ("shared_bytes", JSON(details.sharedBytes)),
                    ("exclusive_bytes", JSON(details.exclusiveBytes)),
                    ("immutable", details.isImmutable.map { .bool($0) } ?? .null),
                    ("revision", .integer(details.listed.snapshot.revision.value)),
                    ("record_revision", JSON(details.record?.description.revision.value)),
                    ("created_at", JSON(details.listed.snapshot.createdAt)),
                    ("pool_type", .string(details.listed.snapshot.directory.pool.type)),
                    ("pool_uuid", .string(details.listed.snapshot.directory.pool.uuid)),
                    ("problem", JSON(details.problem)),
                ])
            ),
        ]
    }
}

/// A snapshot whose record was changed.
struct RecordPresentation: Presentation {
    /// What was changed.
    enum Change {
        case held, released, labelled, tagged
    }

    var snapshot: ListedSnapshot
    var change: Change

    func text(_ context: RenderContext) -> String {
        let snapshot = snapshot.snapshot
        let words =
            switch change {
            case .held: "held" + (snapshot.hold?.until.map { " until \(context.time($0))" } ?? "")
            case .released: "released"
            case .labelled: snapshot.label.map { "labelled \($0)" } ?? "without a label"
            case .tagged: snapshot.tags.isEmpty ? "without tags" : "tagged " + snapshot.tags.map(\.text).joined(separator: ", ")
            }
        return EscapedText.line("snapshot \(snapshot.number) of \(snapshot.sourceName): \(words)") + "\n"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("snapshot", .snapshot(snapshot, now: context.now))] }
}

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
            ("failed", .array(failed.map { .failure($0, now: context.now) })),
        ]
    }
}

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
