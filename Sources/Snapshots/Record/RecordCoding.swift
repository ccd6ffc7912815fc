// A record to bytes and back. The rule: whatever bytes come, the answer is a record in which every field is valid, or a typed error that
// names the field; nothing is dropped to make a record fit.

import CloneCore
import Policy
import Foundation
import Glibc
import SystemPackage

extension SnapshotRecord {
    /// The bytes for the extended attribute: compact JSON with sorted keys.
    ///
    /// - Throws: ``SnapshotsError/recordTooLarge(bytes:limit:)``
    public func encoded() throws(SnapshotsError) -> [UInt8] {
        let bytes = try PayloadCoding.encode(RecordPayload(self))
        guard bytes.count <= RecordAttribute.limit else { throw .recordTooLarge(bytes: bytes.count, limit: RecordAttribute.limit) }
        return bytes
    }

    /// The record that those bytes are.
    ///
    /// - Throws: ``SnapshotsError/invalidRecord(problem:)``, ``SnapshotsError/newerRecord(format:known:)``
    public init(decoding bytes: [UInt8]) throws(SnapshotsError) {
        let payload = try PayloadCoding.decode(RecordPayload.self, from: bytes)
        let check = FieldCheck()
        self.init(
            id: try check("snapshot", Identifier(parsing: payload.snapshot)),
            sourceID: try check("source", Identifier(parsing: payload.source)),
            catalogueID: try check("catalogue", Identifier(parsing: payload.catalogue)),
            number: try check("number", SnapshotNumber(payload.number)),
            sourceName: try check("source_name", try? SourceName(parsing: payload.source_name)),
            imagePath: try check("image_path", FilePath(recorded: payload.image_path)),
            takenAt: try check("taken_at", try? Instant(parsing: payload.taken_at)),
            description: try Self.description(payload, check),
            group: try check("group", payload.group) { Identifier(parsing: $0) },
            origin: try check("origin", Origin(rawValue: payload.origin)),
            consistency: try check("consistency", Consistency(rawValue: payload.consistency)),
            scope: try check("scope", payload.scope) { Scope(rawValue: $0) },
            logicalBytes: try check("logical_bytes", payload.logical_bytes.ifNotNegative),
            allocatedBytes: try check("allocated_bytes", payload.allocated_bytes) { $0.ifNotNegative },
            frozenMicroseconds: try check("frozen_us", payload.frozen_us) { $0.ifNotNegative },
            extentCount: try check("extents", payload.extents) { $0.ifNotNegative },
            cloneMethod: try check("clone_method", CloneMethod(rawValue: payload.clone_method)),
            reclonedBytes: try check("recloned_bytes", payload.recloned_bytes) { $0.ifNotNegative },
            predictedMicroseconds: try check("predicted_us", payload.predicted_us) { $0.ifNotNegative },
            image: try Self.image(payload.image, check))
    }

    /// Whether these bytes are a record of that snapshot, as far as that can be told without reading them all. A quotation mark inside a
    /// value is escaped, so that the sequence can be nothing but the field.
    static func names(_ id: Identifier, in bytes: [UInt8]) -> Bool {
        let field = Array("\"snapshot\":\"\(id)\"".utf8)
        let isThere = bytes.withUnsafeBytes { bytes in
            field.withUnsafeBytes { field in
                guard let start = bytes.baseAddress, let wanted = field.baseAddress, bytes.count >= field.count else { return false }
                return (0...bytes.count - field.count).contains { memcmp(start + $0, wanted, field.count) == 0 }
            }
        }
        // Written by somebody else, with blanks between.
        return isThere || (try? SnapshotRecord(decoding: bytes))?.id == id
    }

    private static func description(_ payload: RecordPayload, _ check: FieldCheck) throws(SnapshotsError) -> SnapshotDescription {
        SnapshotDescription(
            revision: try check("revision", Revision(payload.revision)),
            label: try check("label", payload.label) { try? Label(recorded: $0) },
            tags: try check("tags", try? Tags((payload.tags ?? []).map { try Tag(parsing: $0) })),
            hold: try check("hold", payload.hold) { hold in
                let until = hold.until.map { try? Instant(parsing: $0) }
                // An end that can't be read must not become a hold without one, nor the other way round.
                if let until, until == nil { return nil }
                return try? Hold(reason: hold.reason, until: until ?? nil)
            })
    }

    private static func image(_ payload: RecordPayload.ImagePayload, _ check: FieldCheck) throws(SnapshotsError) -> ImageAttributes {
        ImageAttributes(
            user: try check("image.user", UInt32(exactly: payload.user)), group: try check("image.group", UInt32(exactly: payload.group)),
            mode: try check("image.mode", UInt32(exactly: payload.mode).flatMap { $0 <= 0o7777 ? $0 : nil }),
            accessList: try check("image.acl", payload.acl) { Data(base64Encoded: $0).map { Array($0) } },
            security: try check("image.security", payload.security) { security($0) } ?? [:], isNoCOW: payload.nocow ?? false,
            project: try check("image.project", payload.project) { UInt32(exactly: $0) },
            extentSize: try check("image.extsize", payload.extsize) { UInt32(exactly: $0) },
            cowExtentSize: try check("image.cowextsize", payload.cowextsize) { UInt32(exactly: $0) })
    }

    /// Only attributes of the security namespace are ever set again: a record can't ask for a trusted one.
    private static func security(_ payload: [String: String]) -> [String: [UInt8]]? {
        var attributes: [String: [UInt8]] = [:]
        for (name, value) in payload {
            guard name.hasPrefix("security."), name.utf8.count <= 255, !name.utf8.contains(0), let data = Data(base64Encoded: value) else {
                return nil
            }
            attributes[name] = Array(data)
        }
        return attributes
    }
}

/// Gives every field that is not valid its error.
struct FieldCheck {
    func callAsFunction<Value>(_ field: String, _ value: Value?) throws(SnapshotsError) -> Value {
        guard let value else { throw .invalidRecord(problem: .invalid(field: field)) }
        return value
    }

    func callAsFunction<Raw, Value>(_ field: String, _ raw: Raw?, _ parse: (Raw) -> Value?) throws(SnapshotsError) -> Value? {
        guard let raw else { return nil }
        return try self(field, parse(raw))
    }
}

extension Int64 {
    var ifNotNegative: Int64? { self >= 0 ? self : nil }
}
