// A snapshot as it lies in its tables. The order of `columns` is the order in which `init` reads. Source, directory and tags come from
// their own tables once per query, not once per row.

import CloneCore
import Policy
import Foundation
import GRDB
import SystemPackage

struct SnapshotRow {
    static let columns = """
        snapshot.number, snapshot.id, snapshot.source, snapshot.directory, snapshot.file_name, snapshot.image_path, snapshot.state, \
        snapshot.taken_at, snapshot.created_at, snapshot.revision, snapshot.label, snapshot.held, snapshot.hold_reason, \
        snapshot.hold_until, snapshot.group_id, snapshot.origin, snapshot.consistency, snapshot.scope, snapshot.logical_bytes, \
        snapshot.allocated_bytes, snapshot.frozen_us, snapshot.extents, snapshot.clone_method, snapshot.removal_kind, \
        snapshot.removal_reason, snapshot.removal_command, snapshot.image_user, snapshot.image_group, snapshot.image_mode, \
        snapshot.image_acl, snapshot.image_security, snapshot.image_nocow, snapshot.image_project, snapshot.image_extsize, \
        snapshot.image_cowextsize, snapshot.recloned_bytes, snapshot.predicted_us
        """

    /// What rows refer to, and what they repeat.
    final class Context {
        /// The source of a row. A source's image has mostly one path.
        fileprivate final class Owner {
            let id: Identifier
            let name: SourceName
            let imagePath = RepeatedText<FilePath>()

            init(_ source: Source) {
                id = source.id
                name = source.name
            }
        }

        fileprivate let owners: [Int64: Owner]
        fileprivate let directories: [Int64: SnapshotDirectory]
        fileprivate let tags: [Int64: Tags]
        fileprivate let state = RepeatedText<SnapshotState>()
        fileprivate let origin = RepeatedText<Origin>()
        fileprivate let consistency = RepeatedText<Consistency>()
        fileprivate let cloneMethod = RepeatedText<CloneMethod>()

        init(sources: [SourceRow], directories: [Int64: SnapshotDirectory], tags: [Int64: Tags]) {
            owners = Dictionary(uniqueKeysWithValues: sources.map { ($0.row, Owner($0.source)) })
            self.directories = directories
            self.tags = tags
        }
    }

    static func snapshot(_ reader: inout RowReader, _ context: Context) throws -> Snapshot {
        let number: SnapshotNumber = try reader.value { (value: Int64) in SnapshotNumber(value) }
        let id = try reader.identifier()
        let owner = try reader.value { context.owners[$0] }
        let directory = try reader.value { context.directories[$0] }
        let fileName = try reader.optional { SnapshotFileName($0) }
        let imagePath = try reader.value(owner.imagePath) { FilePath(recorded: $0) }
        let state = try reader.value(context.state) { SnapshotState(rawValue: $0) }
        let takenAt: Instant = try reader.value { Instant(milliseconds: $0) }
        let createdAt: Instant = try reader.value { Instant(milliseconds: $0) }
        let description = try description(&reader, tags: context.tags[number.value] ?? .none)
        return Snapshot(
            number: number, id: id, sourceID: owner.id, sourceName: owner.name, imagePath: imagePath, takenAt: takenAt,
            description: description, group: try reader.optionalIdentifier(),
            origin: try reader.value(context.origin) { Origin(rawValue: $0) },
            consistency: try reader.value(context.consistency) { Consistency(rawValue: $0) }, state: state,
            scope: try reader.optional { Scope(rawValue: $0) }, logicalBytes: try reader.integer(),
            allocatedBytes: try reader.integer(), frozenMicroseconds: try reader.optionalInteger(),
            extentCount: try reader.optionalInteger(),
            cloneMethod: try reader.value(context.cloneMethod) { CloneMethod(rawValue: $0) }, removal: try removal(&reader),
            directory: directory, fileName: fileName, image: try image(&reader), reclonedBytes: try reader.optionalInteger(),
            predictedMicroseconds: try reader.optionalInteger(), createdAt: createdAt)
    }

    private static func description(_ reader: inout RowReader, tags: Tags) throws -> SnapshotDescription {
        let revision: Revision = try reader.value { (value: Int64) in Revision(value) }
        let label = try reader.optional { try Label(recorded: $0) }
        let isHeld = try reader.integer() == 1
        let reason = try reader.optionalText()
        let until: Instant? = try reader.optional { Instant(milliseconds: $0) }
        return SnapshotDescription(
            revision: revision, label: label, tags: tags, hold: isHeld ? try Hold(reason: reason, until: until) : nil)
    }

    private static func removal(_ reader: inout RowReader) throws -> Removal? {
        let kind = try reader.optionalText()
        let reason = try reader.optionalText()
        let command = try reader.optionalText()
        return kind.map { Removal(kind: EventKind(rawValue: $0), reason: reason, command: command) }
    }

    private static func image(_ reader: inout RowReader) throws -> ImageAttributes {
        ImageAttributes(
            user: try reader.value { UInt32(exactly: $0) }, group: try reader.value { UInt32(exactly: $0) },
            mode: try reader.value { UInt32(exactly: $0) }, accessList: try reader.optionalBytes(),
            security: try reader.optional { SecurityAttributesText.read($0) } ?? [:], isNoCOW: try reader.integer() == 1,
            project: try reader.optional { UInt32(exactly: $0) }, extentSize: try reader.optional { UInt32(exactly: $0) },
            cowExtentSize: try reader.optional { UInt32(exactly: $0) })
    }
}

/// Security attributes as one JSON object of names and base64 values.
enum SecurityAttributesText {
    static func write(_ attributes: [String: [UInt8]]) -> String? {
        guard !attributes.isEmpty else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let values = attributes.mapValues { Data($0).base64EncodedString() }
        return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func read(_ text: String) -> [String: [UInt8]]? {
        guard let values = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else { return nil }
        var attributes: [String: [UInt8]] = [:]
        for (name, value) in values {
            guard let data = Data(base64Encoded: value) else { return nil }
            attributes[name] = Array(data)
        }
        return attributes
    }
}
