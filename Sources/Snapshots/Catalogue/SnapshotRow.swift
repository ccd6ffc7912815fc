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
    struct Context {
        var sources: [Int64: Source]
        var directories: [Int64: SnapshotDirectory]
        var tags: [Int64: Tags]
        private var paths: [String: FilePath] = [:]

        init(sources: [Int64: Source], directories: [Int64: SnapshotDirectory], tags: [Int64: Tags]) {
            self.sources = sources
            self.directories = directories
            self.tags = tags
        }

        /// The rows of a list have the images of a few sources: the path of each is made once.
        mutating func path(_ text: String) -> FilePath? {
            if let path = paths[text] { return path }
            let path = FilePath(recorded: text)
            paths[text] = path
            return path
        }
    }

    static func snapshot(_ row: Row, _ context: inout Context) throws -> Snapshot {
        var reader = RowReader(row)
        let number: SnapshotNumber = try reader.value { (value: Int64) in SnapshotNumber(value) }
        let id: Identifier = try reader.value { (text: String) in Identifier(parsing: text) }
        let source = try reader.value { context.sources[$0] }
        let directory = try reader.value { context.directories[$0] }
        let fileName = try reader.optional { SnapshotFileName($0) }
        let imagePath = try reader.value { context.path($0) }
        let state: SnapshotState = try reader.value { SnapshotState(rawValue: $0) }
        let takenAt: Instant = try reader.value { Instant(milliseconds: $0) }
        let createdAt: Instant = try reader.value { Instant(milliseconds: $0) }
        let description = try description(&reader, tags: context.tags[number.value] ?? .none)
        return Snapshot(
            number: number, id: id, sourceID: source.id, sourceName: source.name, imagePath: imagePath, takenAt: takenAt,
            description: description, group: try reader.optional { (text: String) in Identifier(parsing: text) },
            origin: try reader.value { Origin(rawValue: $0) }, consistency: try reader.value { Consistency(rawValue: $0) }, state: state,
            scope: try reader.optional { Scope(rawValue: $0) }, logicalBytes: try reader.integer(),
            allocatedBytes: try reader.integer(), frozenMicroseconds: reader.optionalInteger(), extentCount: reader.optionalInteger(),
            cloneMethod: try reader.value { CloneMethod(rawValue: $0) }, removal: removal(&reader), directory: directory,
            fileName: fileName, image: try image(&reader), reclonedBytes: reader.optionalInteger(),
            predictedMicroseconds: reader.optionalInteger(), createdAt: createdAt)
    }

    private static func description(_ reader: inout RowReader, tags: Tags) throws -> SnapshotDescription {
        let revision: Revision = try reader.value { (value: Int64) in Revision(value) }
        let label = try reader.optional { try Label(recorded: $0) }
        let isHeld = try reader.integer() == 1
        let reason = reader.optionalText()
        let until: Instant? = try reader.optional { Instant(milliseconds: $0) }
        return SnapshotDescription(
            revision: revision, label: label, tags: tags, hold: isHeld ? try Hold(reason: reason, until: until) : nil)
    }

    private static func removal(_ reader: inout RowReader) -> Removal? {
        let kind = reader.optionalText()
        let reason = reader.optionalText()
        let command = reader.optionalText()
        return kind.map { Removal(kind: EventKind(rawValue: $0), reason: reason, command: command) }
    }

    private static func image(_ reader: inout RowReader) throws -> ImageAttributes {
        ImageAttributes(
            user: try reader.value { UInt32(exactly: $0) }, group: try reader.value { UInt32(exactly: $0) },
            mode: try reader.value { UInt32(exactly: $0) }, accessList: reader.optionalBytes(),
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
