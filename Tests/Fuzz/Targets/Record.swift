// Records and marks in extended attributes. What is understood is valid in every field, and written and read again it is the same.

internal import Policy
internal import Snapshots
internal import SystemPackage

extension Target {
    private static let words = [
        "\"format\":1", "\"format\":2", "\"tags\":[]", "\"tags\":[\"a\",\"b\"]", "\"hold\":{}",
        "\"hold\":{\"until\":\"2026-11-23T07:00:00Z\"}", "\"label\":",
        "\"group\":", "\"scope\":\"run\"", "\"number\":", "null", "[[[[[[[[", "{\"a\":{\"a\":", "\"image\":{",
        "\"security\":{\"security.selinux\":\"AAA=\"}",
        "\"acl\":\"AAA=\"", "../../../etc/passwd", "/etc", "home@latest", "security.capability", "trusted.losnap", "9007199254740992",
        "1b4e28ba-2fa1-4d2c-883f-0016d3cca427",
        "0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "manual", "frozen", "ficlone",
    ]

    static let record = Target(name: "record", tokens: words) { input in
        let record: SnapshotRecord
        do throws(SnapshotsError) {
            record = try SnapshotRecord(decoding: input)
        } catch {
            try checkWords(error)
            return false
        }
        try expect(input.count < 8192, "a record that is too long")
        try expect(record.imagePath.isAbsolute && !record.imagePath.string.utf8.contains(0), "no absolute path")
        try expect(!record.imagePath.components.contains { $0.string == ".." }, "a path that climbs")
        try expect(record.number.value >= 1 && record.number <= .greatest && record.logicalBytes >= 0, "a number out of range")
        try expect(record.takenAt >= .earliest && record.takenAt <= .latest, "a time out of range")
        try expect(record.image.mode <= 0o7777 && record.image.security.keys.allSatisfy { $0.hasPrefix("security.") }, "attributes")
        try expect(record.description.tags.count <= 64, "too many tags")
        let name = SnapshotFileName(takenAt: record.takenAt, id: record.id, image: record.imagePath)
        try expect(SnapshotFileName(name.text) == name && name.mentions(record.id), "no plain file name: \(name)")
        do throws(SnapshotsError) {
            let bytes = try record.encoded()
            try checkSame(record, bytes)
        } catch {
            guard case .recordTooLarge = error else { throw Fault("does not encode: \(error.message)") }
        }
        return true
    }

    private static func checkSame(_ record: SnapshotRecord, _ bytes: [UInt8]) throws(SnapshotsError) {
        guard bytes.count <= RecordAttribute.limit, try SnapshotRecord(decoding: bytes) == record, try record.encoded() == bytes else {
            throw .invalidRecord(problem: .notJSON)
        }
    }

    static let mark = Target(name: "mark", tokens: words + ["\"highest_number\":", "\"source\":", "\"catalogue\":"]) { input in
        do throws(SnapshotsError) {
            let mark = try DirectoryMark(decoding: input)
            let again = try DirectoryMark(decoding: try mark.encoded())
            if again == mark { return true }
        } catch {
            try checkWords(error)
            return false
        }
        throw Fault("written and read again it is another")
    }
}
