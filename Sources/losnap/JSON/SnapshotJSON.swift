// A snapshot, a source, an event as JSON: the objects that several commands share (Docs/json.md).

import CloneCore
import Configuration
import Policy
import Snapshots
import SystemPackage

extension JSON {
    /// A path, or null.
    init(_ path: FilePath?) { self.init(path?.string) }

    /// A time in RFC 3339, or null.
    init(_ instant: Instant?) { self.init(instant?.description) }

    /// A snapshot as it is listed.
    static func snapshot(_ listed: ListedSnapshot, now: Instant) -> JSON {
        let snapshot = listed.snapshot
        let isHeld = snapshot.isHeld(at: now)
        return .object([
            ("number", .integer(snapshot.number.value)),
            ("id", .string(snapshot.id.description)),
            ("source", .string(snapshot.sourceName.text)),
            ("source_id", .string(snapshot.sourceID.description)),
            ("image", JSON(snapshot.imagePath)),
            ("taken_at", JSON(snapshot.takenAt)),
            ("label", JSON(snapshot.label?.text)),
            ("tags", .array(snapshot.tags.map { .string($0.text) })),
            ("held", .bool(isHeld)),
            ("hold_reason", JSON(isHeld ? snapshot.hold?.reason : nil)),
            ("hold_until", JSON(isHeld ? snapshot.hold?.until : nil)),
            ("group", JSON(snapshot.group?.description)),
            ("origin", .string(snapshot.origin.rawValue)),
            ("consistency", .string(snapshot.consistency.rawValue)),
            ("state", .string(snapshot.state.rawValue)),
            ("presence", .string(listed.presence.rawValue)),
            ("logical_bytes", .integer(snapshot.logicalBytes)),
            ("allocated_bytes", .integer(listed.allocatedBytes)),
            ("path", JSON(snapshot.path)),
            ("frozen_ms", snapshot.frozenMicroseconds.map { .thousandths($0) } ?? .null),
            ("clone_method", .string(snapshot.cloneMethod.rawValue)),
            ("clone_extents", JSON(snapshot.extentCount)),
            ("recloned_bytes", JSON(snapshot.reclonedBytes)),
            ("predicted_ms", snapshot.predictedMicroseconds.map { .thousandths($0) } ?? .null),
        ])
    }

    /// Snapshots as they are listed.
    static func snapshots(_ listed: [ListedSnapshot], now: Instant) -> JSON {
        .array(listed.map { .snapshot($0, now: now) })
    }

    /// A source by itself.
    static func source(_ source: Source) -> JSON { .object(sourceFields(source, policy: source.policy)) }

    /// A source with what its snapshots come to, and what the configuration has for it.
    static func source(_ listed: ListedSource, _ configured: ConfiguredSource?) -> JSON {
        .object(
            sourceFields(listed.source, policy: configured?.policy ?? listed.source.policy) + [
                ("snapshot_directory", JSON(listed.snapshotDirectory)),
                ("presence", .string(listed.presence.rawValue)),
                ("image_present", .bool(listed.hasImage)),
                ("snapshot_count", .integer(Int64(listed.snapshotCount))),
                ("newest", JSON(listed.newest?.takenAt)),
                ("schedule", configured?.schedule.map { .array($0.texts.map { .string($0) }) } ?? .null),
            ])
    }

    private static func sourceFields(_ source: Source, policy: String?) -> [Field] {
        [
            ("name", .string(source.name.text)),
            ("id", .string(source.id.description)),
            ("image", JSON(source.imagePath)),
            ("configured_directory", JSON(source.snapshotDirectory)),
            ("policy", JSON(policy)),
            ("created_at", JSON(source.createdAt)),
            ("removed_at", JSON(source.removedAt)),
        ]
    }

    /// Something that could not be removed.
    static func failure(_ failed: FailedRemoval, _ context: RenderContext) -> JSON {
        .object([("snapshot", .snapshot(failed.snapshot, now: context.now)), ("error", context.json(failed.error))])
    }

    /// A source of which no snapshot was taken.
    static func unchanged(_ item: UnchangedSource) -> JSON {
        .object([
            ("source", .string(item.source.name.text)),
            ("source_id", .string(item.source.id.description)),
            ("newest", .integer(item.newest.number.value)),
            ("differing_bytes", .integer(item.differingBytes)),
            ("limit_bytes", .integer(item.limitBytes)),
        ])
    }

    /// An event of the log.
    static func event(_ event: Event) -> JSON {
        .object([
            ("at", JSON(event.occasion.at)),
            ("kind", .string(event.occasion.kind.rawValue)),
            ("source", JSON(event.sourceName?.text)),
            ("source_id", JSON(event.sourceID?.description)),
            ("snapshot", JSON(event.snapshotNumber?.value)),
            ("snapshot_id", JSON(event.snapshotID?.description)),
            ("reason", JSON(event.occasion.reason)),
            ("command", JSON(event.occasion.command)),
        ])
    }
}
