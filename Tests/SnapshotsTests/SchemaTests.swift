import GRDB
import Testing

@testable import Snapshots

@Suite("The catalogue's schema")
struct SchemaTests {
    /// A published migration is never edited. If this fails, write a new migration and leave the old one alone.
    @Test("version 1 has the text with which it was published")
    func versionOneIsFixed() {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in SchemaV1.sql.utf8 { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        #expect(SchemaV1.sql.utf8.count == 5208)
        #expect(digest == 4_461_969_064_526_048_797)
    }

    @Test("version 2 has the text with which it was published")
    func versionTwoIsFixed() {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in SchemaV2.sql.utf8 { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        #expect(SchemaV2.sql.utf8.count == 163)
        #expect(digest == 16_977_038_000_646_519_377)
    }

    @Test("a catalogue of version 1 is read as it is, and brought up to date by whoever writes; its snapshots stay what they were")
    func fromVersionOne() throws {
        let scratch = try Scratch()
        let draft: SnapshotDraft
        do {
            let catalogue = try Catalogue.open(path: scratch.catalogue, mode: .creating, now: Sample.now)
            let source = try Sample.source()
            try catalogue.add(source, event: Sample.occasion())
            draft = Sample.draft(of: source)
            try catalogue.complete(try catalogue.begin(draft).number, Sample.completion(of: draft), event: Sample.occasion())
            // What version 2 added is taken away again, which leaves what version 1 wrote.
            try catalogue.queue.write { db in
                try db.execute(
                    sql: """
                        ALTER TABLE snapshot DROP COLUMN recloned_bytes;
                        ALTER TABLE snapshot DROP COLUMN predicted_us;
                        PRAGMA user_version = 1;
                        """)
            }
            let columns = try catalogue.queue.read { db in try Row.fetchAll(db, sql: "PRAGMA table_info(snapshot)").count }
            let old = try DatabaseQueue()
            try old.write { db in try db.execute(sql: SchemaV1.sql) }
            #expect(try old.read { db in try Row.fetchAll(db, sql: "PRAGMA table_info(snapshot)").count } == columns)
            try catalogue.close()
        }
        func version(_ catalogue: Catalogue) throws -> Int64 { try catalogue.queue.read { db in try Schema.mark(of: db).version } }
        let read: Snapshot
        do {
            let reader = try Catalogue.open(path: scratch.catalogue, mode: .reading, now: Sample.now)
            #expect(try version(reader) == 1)
            read = try #require(try reader.newest(of: draft.sourceID))
            #expect(read.id == draft.id && read.reclonedBytes == nil && read.predictedMicroseconds == nil)
            #expect(try reader.snapshots().map(\.id) == [draft.id])
            try reader.close()
        }
        do {
            let writer = try Catalogue.open(path: scratch.catalogue, mode: .writing, now: Sample.now)
            #expect(try version(writer) == Schema.version)
            #expect(try writer.newest(of: draft.sourceID) == read)
            try writer.close()
        }
        let reader = try Catalogue.open(path: scratch.catalogue, mode: .reading, now: Sample.now)
        #expect(try version(reader) == Schema.version)
        #expect(try reader.newest(of: draft.sourceID) == read)
    }

    @Test(
        "holds what must hold, whoever writes",
        arguments: [
            "INSERT INTO meta (only, id, created_at) VALUES (2, '00000000-0000-0000-0000-000000000000', 0)",
            "INSERT INTO meta (only, id, created_at) VALUES (1, '00000000-0000-0000-0000-000000000000', 0)",
            "UPDATE source SET name = '../x'", "UPDATE source SET name = '.x'", "UPDATE source SET name = ''",
            "UPDATE source SET image_path = 'x'",
            "UPDATE source SET pool_type = 'xfs'", "UPDATE source SET scope = 'some'", "DELETE FROM source", "DELETE FROM directory",
            "UPDATE snapshot SET state = 'gone'", "UPDATE snapshot SET file_name = NULL", "UPDATE snapshot SET file_name = '../x'",
            "UPDATE snapshot SET state = 'deleting'", "UPDATE snapshot SET removal_kind = 'pruned'", "UPDATE snapshot SET number = 0",
            "UPDATE snapshot SET number = 9007199254740992", "UPDATE snapshot SET hold_reason = 'x'", "UPDATE snapshot SET held = 2",
            "UPDATE snapshot SET revision = 0", "UPDATE snapshot SET logical_bytes = -1", "UPDATE snapshot SET logical_bytes = 'many'",
            "UPDATE snapshot SET id = 'x'", "UPDATE snapshot SET source = 99", "UPDATE snapshot SET origin = 'cron'",
            "UPDATE snapshot SET consistency = 'warm'", "UPDATE snapshot SET image_mode = 4096", "UPDATE snapshot SET label = ''",
            "INSERT INTO snapshot_tag VALUES (1, '')", "INSERT INTO snapshot_tag VALUES (99, 'x')",
            "UPDATE snapshot SET taken_at = 253402300800000", "UPDATE snapshot SET recloned_bytes = -1",
            "UPDATE snapshot SET predicted_us = -1",
        ])
    func invariants(sql: String) throws {
        let scratch = try Scratch()
        let catalogue = try Catalogue.open(path: scratch.catalogue, mode: .creating, now: Sample.now)
        let source = try Sample.source()
        try catalogue.add(source, event: Sample.occasion())
        let draft = Sample.draft(of: source)
        let begun = try catalogue.begin(draft)
        try catalogue.complete(begun.number, Sample.completion(of: draft), event: Sample.occasion())
        #expect(throws: DatabaseError.self) { try catalogue.queue.write { db in try db.execute(sql: sql) } }
    }

    @Test("finds what is asked for by an index")
    func indexes() throws {
        let scratch = try Scratch()
        let catalogue = try Catalogue.open(path: scratch.catalogue, mode: .creating, now: Sample.now)
        func plan(_ condition: String) throws -> String {
            try catalogue.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN SELECT * FROM snapshot WHERE \(condition)").map { $0["detail"] as String }
                    .joined(separator: "; ")
            }
        }
        #expect(try plan("1 ORDER BY taken_at, number").contains("snapshot_time"))
        #expect(try plan("source = 1 ORDER BY taken_at, number").contains("snapshot_source_time"))
        #expect(try plan("state <> 'complete'").contains("snapshot_unfinished"))
        #expect(try plan("label = 'x'").contains("snapshot_label"))
        #expect(try plan("group_id = 'x'").contains("snapshot_group"))
    }
}
