import CloneCore
import Policy
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Records")
struct RecordTests {
    private func full() throws -> SnapshotRecord {
        var snapshot = try Sample.snapshot(42)
        snapshot.description = SnapshotDescription(
            revision: try #require(Revision(3)), label: try Label(parsing: "before upgrade"),
            tags: try Tags([Tag(parsing: "db"), Tag(parsing: "äö")]), hold: try Hold(reason: "audit", until: Sample.now))
        snapshot.group = Identifier(high: 5, low: 5)
        snapshot.scope = .run
        snapshot.frozenMicroseconds = 1234
        snapshot.extentCount = 17
        snapshot.image = ImageAttributes(
            user: 0, group: .max, mode: 0o7777, accessList: [2, 0, 0, 0, 255], security: ["security.selinux": Array("system_u".utf8)],
            isNoCOW: true, project: 7, extentSize: 65536, cowExtentSize: 131072)
        return SnapshotRecord(snapshot, catalogue: Sample.catalogueID)
    }

    @Test("go to bytes and back with every field")
    func roundTrip() throws {
        let record = try full()
        #expect(try SnapshotRecord(decoding: record.encoded()) == record)
        let plain = SnapshotRecord(try Sample.snapshot(1), catalogue: Sample.catalogueID)
        #expect(try SnapshotRecord(decoding: plain.encoded()) == plain)
    }

    @Test("have what a clone in two phases cost, and may lack it")
    func twoPhases() throws {
        var record = try full()
        record.cloneMethod = CloneMethod(.tracked)
        record.reclonedBytes = 8192
        record.predictedMicroseconds = 1500
        let text = String(decoding: try record.encoded(), as: UTF8.self)
        #expect(text.contains("\"clone_method\":\"tracked\"") && text.contains("\"recloned_bytes\":8192,"))
        #expect(text.contains("\"predicted_us\":1500,"))
        #expect(try SnapshotRecord(decoding: record.encoded()) == record)
    }

    /// The form on disk is a promise: these bytes must stay readable, and must be what is written.
    @Test("have the form of format 1")
    func golden() throws {
        let text = """
            {"allocated_bytes":4096,"catalogue":"00000000-0000-0007-0000-000000000007","clone_method":"plain","consistency":"frozen",\
            "extents":17,"format":1,"frozen_us":1234,"group":"00000000-0000-0005-0000-000000000005","hold":{"reason":"audit",\
            "until":"2026-11-23T07:00:00.123Z"},"image":{"acl":"AgAAAP8=","cowextsize":131072,"extsize":65536,"group":4294967295,\
            "mode":4095,"nocow":true,"project":7,"security":{"security.selinux":"c3lzdGVtX3U="},"user":0},"image_path":"/srv/home.img",\
            "label":"before upgrade","logical_bytes":1048576,"number":42,"origin":"manual","revision":3,"scope":"run",\
            "snapshot":"0000002a-0000-0000-0000-00000000002a","source":"00000000-0000-0001-0000-000000000001","source_name":"home",\
            "tags":["db","äö"],"taken_at":"2026-11-23T07:00:00.123Z"}
            """
        #expect(String(decoding: try full().encoded(), as: UTF8.self) == text)
        #expect(try SnapshotRecord(decoding: Array(text.utf8)) == full())
    }

    @Test("of an unpublished snapshot say what the window has shown")
    func pending() throws {
        let pending = try Sample.snapshot(1, state: .pending)
        let name = try #require(SnapshotFileName("x"))
        let completion = SnapshotCompletion(
            fileName: name, takenAt: .latest, consistency: .crash, logicalBytes: 5, allocatedBytes: 6, frozenMicroseconds: 7, extentCount: 8
        )
        let record = SnapshotRecord(pending, completion, catalogue: Sample.catalogueID)
        #expect(record.completion(fileName: name, allocatedBytes: 0) == completion)
    }

    @Test("that are too large are refused, and nothing is dropped to make them fit")
    func tooLarge() throws {
        var record = try full()
        record.image.security["security.big"] = Array(repeating: 1, count: 7000)
        #expect(errorCode { _ = try record.encoded() } == "record_too_large")
    }

    @Test("whose record it is can be seen in its bytes, also in those of another writer, and not in what people wrote")
    func names() throws {
        var record = try full()
        let other = Identifier.random()
        record.description.label = try Label(parsing: "snapshot-\(other)")
        record.description.hold = try Hold(reason: "\"snapshot\":\"\(other)\"")
        let bytes = try record.encoded()
        #expect(SnapshotRecord.names(record.id, in: bytes))
        #expect(!SnapshotRecord.names(other, in: bytes))
        let spaced = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\"snapshot\":", with: "\"snapshot\" : ")
        #expect(SnapshotRecord.names(record.id, in: Array(spaced.utf8)) && !SnapshotRecord.names(other, in: Array(spaced.utf8)))
        #expect(!SnapshotRecord.names(record.id, in: []))
    }

    @Test("with all that a user may set still fit")
    func largestDescription() throws {
        var record = try full()
        record.description.label = try Label(parsing: String(repeating: "l", count: 255))
        record.description.tags = try Tags((0..<64).map { try Tag(parsing: String(repeating: "t", count: 62) + "\($0 + 10)") })
        record.description.hold = try Hold(reason: String(repeating: "\"", count: 255))
        #expect(try SnapshotRecord(decoding: record.encoded()) == record)
    }

    @Test(
        "with one wrong field are refused, naming it",
        arguments: [
            ("\"number\":42", "\"number\":0", "number"),
            ("\"number\":42", "\"number\":\"42\"", "number"), ("\"revision\":3", "\"revision\":9007199254740991", "revision"),
            ("0000002a-", "0000002g-", "snapshot"), ("\"home\"", "\"..\"", "source_name"), ("\"home\"", "\"a/b\"", "source_name"),
            ("/srv/home.img", "home.img", "image_path"), ("/srv/home.img", "/srv/../etc/shadow", "image_path"),
            ("/srv/home.img", "/srv\\u0000", "image_path"), ("before upgrade", "latest", "label"), ("before upgrade", "a\\u001b", "label"),
            ("\"audit\"", "\"\"", "hold"), ("\"until\":\"2026", "\"until\":\"x2026", "hold"),
            ("\"taken_at\":\"2026-11", "\"taken_at\":\"2026-13", "taken_at"),
            ("\"manual\"", "\"auto\"", "origin"), ("\"frozen\"", "\"warm\"", "consistency"),
            ("\"scope\":\"run\"", "\"scope\":\"x\"", "scope"),
            ("\"logical_bytes\":1048576", "\"logical_bytes\":-1", "logical_bytes"), ("\"mode\":4095", "\"mode\":4096", "image.mode"),
            ("\"user\":0", "\"user\":-1", "image.user"), ("AgAAAP8=", "%%%", "image.acl"),
            ("security.selinux", "trusted.losnap", "image.security"),
            ("[\"db\"", "[7", "tags.Index 0"), ("\"plain\"", "\"PLAIN \"", "clone_method"),
        ])
    func wrongField(old: String, new: String, field: String) throws {
        let text = String(decoding: try full().encoded(), as: UTF8.self)
        let broken = text.replacingOccurrences(of: old, with: new)
        #expect(broken != text)
        do {
            _ = try SnapshotRecord(decoding: Array(broken.utf8))
            Issue.record("it was taken")
        } catch SnapshotsError.invalidRecord(.invalid(let found)) {
            #expect(found == field)
        }
    }

    @Test("with a missing field name it, with unknown keys are read, of a newer format are newer")
    func otherKeys() throws {
        let text = String(decoding: try full().encoded(), as: UTF8.self)
        let without = text.replacingOccurrences(of: "\"origin\":\"manual\",", with: "")
        #expect(throws: SnapshotsError.self) { try SnapshotRecord(decoding: Array(without.utf8)) }
        let more = text.replacingOccurrences(of: "\"format\":1", with: "\"format\":1,\"colour\":{\"a\":[1,2]}")
        #expect(try SnapshotRecord(decoding: Array(more.utf8)) == full())
        #expect(errorCode { _ = try SnapshotRecord(decoding: Array("{\"format\":2}".utf8)) } == "newer_record")
    }

    @Test(
        "that are no JSON are refused",
        arguments: [
            "", "{", "[]", "null", "1", "\u{0}", "{\"format\":0}", "{\"format\":1e400}", "{\"format\":99999999999999999999}",
            String(repeating: "[", count: 8000),
            String(repeating: "{\"a\":", count: 1600), String(repeating: " ", count: 20000),
        ])
    func noJSON(text: String) {
        #expect(errorCode { _ = try SnapshotRecord(decoding: Array(text.utf8)) } == "invalid_record")
    }

    @Test("that are damaged at random give a record or a typed error, never a trap")
    func fuzz() throws {
        let bytes = try full().encoded()
        let interesting: [UInt8] = [0, 0x22, 0x5C, 0x7B, 0x7D, 0x2D, 0x39, 0x2E, 0x65, 0xFF, 0xC0, 0xED]
        var generator = Seeded(4)
        var taken = 0
        for _ in 0..<20000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<damaged.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: damaged[place] = interesting.randomElement(using: &generator) ?? 0
                case 2: damaged.remove(at: place)
                default: damaged.insert(interesting.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            if Bool.random(using: &generator) { damaged.removeLast(Int.random(in: 0..<damaged.count, using: &generator)) }
            do {
                let record = try SnapshotRecord(decoding: damaged)
                // Whatever is taken is valid, and so survives being written and read again.
                if let again = try? record.encoded() { #expect(try SnapshotRecord(decoding: again) == record) }
                taken += 1
            } catch {
                #expect(["invalid_record", "newer_record"].contains(error.code))
            }
        }
        #expect(taken > 0)
    }

    @Test("of directories (marks) go to bytes and back, and are refused when damaged")
    func marks() throws {
        let mark = DirectoryMark(sourceID: Identifier(high: 1, low: 2), catalogueID: Identifier(high: 3, low: 4))
        #expect(try DirectoryMark(decoding: mark.encoded()) == mark)
        // A mark from before numbers were remembered is the same but for that.
        #expect(!String(decoding: try mark.encoded(), as: UTF8.self).contains("highest_number"))
        var counted = mark
        counted.highestNumber = SnapshotNumber(42)
        #expect(try DirectoryMark(decoding: counted.encoded()) == counted)
        let negative = String(decoding: try counted.encoded(), as: UTF8.self).replacingOccurrences(of: "42", with: "-42")
        #expect(errorCode { _ = try DirectoryMark(decoding: Array(negative.utf8)) } == "invalid_record")
        #expect(
            errorCode { _ = try DirectoryMark(decoding: Array("{\"format\":1,\"source\":\"..\",\"catalogue\":\"x\"}".utf8)) }
                == "invalid_record")
        #expect(errorCode { _ = try DirectoryMark(decoding: []) } == "invalid_record")
    }

    @Test("lie where only root may change them, if root made them")
    func attributeName() {
        #expect(RecordAttribute.name(user: 0) == "trusted.losnap")
        #expect(RecordAttribute.name(user: 1000) == "user.losnap")
    }
}
