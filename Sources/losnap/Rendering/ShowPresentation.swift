// What `show` shows.

import CloneCore
import Foundation
import Policy
import Snapshots
import SystemPackage

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
        sheet.add("Predicted", snapshot.predictedMicroseconds.map(Quantity.microseconds))
        sheet.add("Cloned", cloned(snapshot))
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
        sheet.add("Hint", details.hint)
        return sheet.text
    }

    /// What was not frozen is never cloned in two phases: of that the extents say all.
    private func cloned(_ snapshot: Snapshot) -> String? {
        if snapshot.consistency != .frozen, snapshot.extentCount == nil { return nil }
        let extents = snapshot.extentCount.map { "\($0) extents" }
        let again = snapshot.reclonedBytes.map { "\(Quantity.bytes($0)) again while frozen" }
        return ([snapshot.cloneMethod.rawValue] + [extents, again].compactMap(\.self)).joined(separator: ", ")
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
                    ("hint", JSON(details.hint)),
                ])
            ),
        ]
    }
}
