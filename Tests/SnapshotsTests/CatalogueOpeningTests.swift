// Making a catalogue and opening it: what it is set to, who else may use it meanwhile, and how it is read where nothing can be written.

import Foundation
import GRDB
import Glibc
import Policy
import SystemPackage
import Testing

@testable import Snapshots

@Suite("Opening a catalogue")
struct CatalogueOpeningTests: CatalogueSuite {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("that is not there fails, unless it is to be made; made once, it stays the same")
    func making() throws {
        #expect(code(.reading) == "catalogue_missing")
        #expect(code(.writing) == "catalogue_missing")
        let first = try open(.creating)
        let id = first.id
        try first.close()
        let again = try open(.creating)
        #expect(again.id == id)
        #expect(try open(.reading).id == id)
    }

    @Test("is durable and strict: WAL, synchronous FULL, foreign keys")
    func settings() throws {
        let catalogue = try open(.creating)
        let settings = try catalogue.read { db in
            [
                try String.fetchOne(db, sql: "PRAGMA journal_mode"), try String.fetchOne(db, sql: "PRAGMA synchronous"),
                try String.fetchOne(db, sql: "PRAGMA foreign_keys"),
            ]
        }
        #expect(settings == ["wal", "2", "1"])
    }

    @Test("that another connection writes can be read, and is locked for writing")
    func locked() throws {
        try make()
        let other = try DatabaseQueue(path: path.string)
        try other.inDatabase { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            #expect(try open(.reading).snapshots().isEmpty)
            let writing = try open(.writing)
            #expect(errorCode { try writing.add(Sample.source(), event: Sample.occasion()) } == "catalogue_locked")
            try db.execute(sql: "ROLLBACK")
            try writing.add(Sample.source(), event: Sample.occasion())
        }
    }

    @Test("has a spelling for SQLite in which every character of the path survives")
    func immutable() throws {
        let directory = scratch.path.appending("ä b?c#%20")
        let path = directory.appending("c.sqlite")
        try Catalogue.open(path: path, mode: .creating, now: Sample.now).close()
        let file = try CatalogueFile(path: path)
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: file.immutableURI, configuration: configuration)
        #expect(try queue.read { db in try Schema.mark(of: db).version } == Schema.version)
    }

    @Test("that can't be written, and has a log, is read with what is in the log")
    func picture() throws {
        let writing = try open(.creating)
        try writing.add(Sample.source(), event: Sample.occasion(.sourceAdded))
        let file = try CatalogueFile(path: path)
        #expect(file.hasLog)
        let queue = try file.picture(Configuration())
        #expect(try queue.read { db in try SourceRow.fetch(db).count } == 1)
        try writing.close()
        #expect(!file.hasLog)
        let plain = try file.picture(Configuration())
        #expect(try plain.read { db in try SourceRow.fetch(db).count } == 1)
    }

    @Test("for reading refuses changes")
    func reading() throws {
        try make()
        let catalogue = try open(.reading)
        #expect(errorCode { try catalogue.add(Sample.source(), event: Sample.occasion()) } == "catalogue_not_writable")
    }
}
