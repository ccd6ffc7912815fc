// The record's JSON, key by key: the form on disk, which is not the domain type. The rule: keys are only ever added and then optional; a
// reader ignores keys that it does not know. What may not be lost by an older program that writes the record anew needs a new format.

import CloneCore
import Policy
import Foundation
import SystemPackage

struct RecordPayload: Codable {
    struct HoldPayload: Codable {
        var reason: String?
        var until: String?
    }

    struct ImagePayload: Codable {
        var user: Int64
        var group: Int64
        var mode: Int64
        var acl: String?
        var security: [String: String]?
        var nocow: Bool?
        var project: Int64?
        var extsize: Int64?
        var cowextsize: Int64?
    }

    var format: Int64
    var revision: Int64
    var snapshot: String
    var source: String
    var catalogue: String
    var number: Int64
    var source_name: String
    var image_path: String
    var taken_at: String
    var label: String?
    var tags: [String]?
    var hold: HoldPayload?
    var group: String?
    var origin: String
    var consistency: String
    var scope: String?
    var logical_bytes: Int64
    var allocated_bytes: Int64?
    var frozen_us: Int64?
    var extents: Int64?
    var clone_method: String
    var recloned_bytes: Int64?
    var predicted_us: Int64?
    var image: ImagePayload

    init(_ record: SnapshotRecord) {
        let description = record.description
        format = SnapshotRecord.format
        revision = description.revision.value
        snapshot = record.id.description
        source = record.sourceID.description
        catalogue = record.catalogueID.description
        number = record.number.value
        source_name = record.sourceName.text
        image_path = record.imagePath.string
        taken_at = record.takenAt.description
        label = description.label?.text
        tags = description.tags.isEmpty ? nil : description.tags.map(\.text)
        hold = description.hold.map { HoldPayload(reason: $0.reason, until: $0.until?.description) }
        group = record.group?.description
        origin = record.origin.rawValue
        consistency = record.consistency.rawValue
        scope = record.scope?.rawValue
        logical_bytes = record.logicalBytes
        allocated_bytes = record.allocatedBytes
        frozen_us = record.frozenMicroseconds
        extents = record.extentCount
        clone_method = record.cloneMethod.rawValue
        recloned_bytes = record.reclonedBytes
        predicted_us = record.predictedMicroseconds
        image = ImagePayload(record.image)
    }
}

extension RecordPayload.ImagePayload {
    init(_ image: ImageAttributes) {
        user = Int64(image.user)
        group = Int64(image.group)
        mode = Int64(image.mode)
        acl = image.accessList.map { Data($0).base64EncodedString() }
        security = image.security.isEmpty ? nil : image.security.mapValues { Data($0).base64EncodedString() }
        nocow = image.isNoCOW ? true : nil
        project = image.project.map { Int64($0) }
        extsize = image.extentSize.map { Int64($0) }
        cowextsize = image.cowExtentSize.map { Int64($0) }
    }
}
