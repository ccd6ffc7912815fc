// What is no catalogue, or a damaged or a newer one. The rule: it is refused, left as it is, and nothing in it makes the program trap.

import Foundation
import GRDB
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Opening a catalogue: damage")
struct CatalogueDamageTests: CatalogueSuite {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("that is no database, empty, or another program's, is refused")
    func notACatalogue() throws {
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path.string))
        #expect(code() == "not_a_catalogue")
        #expect(code(.creating) == "not_a_catalogue")
        try Data().write(to: URL(fileURLWithPath: path.string))
        #expect(code(.creating) == "not_a_catalogue")
        unlink(path.string)
        let other = try DatabaseQueue(path: path.string)
        try other.write { db in try db.execute(sql: "CREATE TABLE t (x)") }
        try other.close()
        #expect(code(.creating) == "not_a_catalogue")
        unlink(path.string)
        mkdir(path.string, 0o700)
        #expect(code(.creating) == "not_a_catalogue")
    }

    @Test("that is truncated or damaged is corrupt, when opened or when read, and never traps")
    func damaged() throws {
        let catalogue = try open(.creating)
        let source = try Sample.source()
        try catalogue.add(source, event: Sample.occasion(.sourceAdded))
        for number in 0..<200 {
            let draft = Sample.draft(of: source, at: Sample.now.advanced(byMilliseconds: Int64(number)))
            let begun = try catalogue.begin(draft)
            try catalogue.complete(begun.number, Sample.completion(of: draft), event: Sample.occasion())
        }
        try catalogue.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path.string))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path.string))
        #expect(readingCode() == "catalogue_corrupt")
        try whole.prefix(100).write(to: URL(fileURLWithPath: path.string))
        #expect(["catalogue_corrupt", "not_a_catalogue"].contains(readingCode()))
        var generator = Seeded(8)
        for _ in 0..<150 {
            var damaged = whole
            for _ in 0..<40 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            try damaged.write(to: URL(fileURLWithPath: path.string))
            let allowed = ["catalogue_corrupt", "not_a_catalogue", "catalogue_newer", "catalogue_failed", nil]
            #expect(allowed.contains(readingCode()))
            for ending in ["-wal", "-shm"] { unlink(path.string + ending) }
        }
    }

    @Test("that holds a text where a number has to be is corrupt, also where one row alone is asked for")
    func otherType() throws {
        let catalogue = try open(.creating)
        let source = try Sample.source()
        try catalogue.add(source, event: Sample.occasion(.sourceAdded))
        try catalogue.append(Event(Sample.occasion(.runFailed), sourceID: source.id, sourceName: source.name))
        try catalogue.close()
        // Only a damaged table, or one that somebody has made over, takes such a value.
        for sql in [
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'event'",
            "UPDATE event SET snapshot_number = 'soon'",
        ] {
            let raw = try DatabaseQueue(path: path.string)
            try raw.inDatabase { db in try db.execute(sql: sql) }
            try raw.close()
        }
        let reading = try open(.reading)
        #expect(errorCode { _ = try reading.events() } == "catalogue_corrupt")
        #expect(errorCode { _ = try reading.runFailures(since: [source.id: .earliest]) } == "catalogue_corrupt")
    }

    private func readingCode() -> String? {
        errorCode {
            let catalogue = try open(.reading)
            _ = try catalogue.snapshots()
            _ = try catalogue.events()
        }
    }

    @Test("that is newer is refused and left as it is")
    func newer() throws {
        try make()
        let raw = try DatabaseQueue(path: path.string)
        try raw.write { db in try db.execute(sql: "PRAGMA user_version = 99") }
        try raw.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path.string))
        for mode in [CatalogueMode.reading, .writing, .creating] { #expect(code(mode) == "catalogue_newer") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path.string)) == before)
    }
}
