import Policy
import Foundation
import GRDB
import Glibc
import SystemPackage
import Testing

@testable import Snapshots

@Suite("Opening a catalogue")
struct CatalogueOpeningTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private var path: FilePath { scratch.catalogue }

    private func open(_ mode: CatalogueMode, busyTimeout: Double = 0) throws(SnapshotsError) -> Catalogue {
        try Catalogue.open(path: path, mode: mode, now: Sample.now, busyTimeout: busyTimeout)
    }

    private func make() throws {
        try open(.creating).close()
    }

    private func mode(_ path: FilePath) -> UInt32? {
        var status = stat()
        return lstat(path.string, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private func code(_ mode: CatalogueMode = .reading) -> String? {
        errorCode { try open(mode).close() }
    }

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

    @Test("that is gone, while its log is there, is not made anew: the log would be read into it")
    func logAlone() throws {
        let catalogue = try open(.creating)
        try catalogue.add(Sample.source(), event: Sample.occasion(.sourceAdded))
        // The copy of a log that has not been written into the catalogue yet.
        let log = try Data(contentsOf: URL(fileURLWithPath: path.string + "-wal"))
        try catalogue.close()
        unlink(path.string)
        try log.write(to: URL(fileURLWithPath: path.string + "-wal"))
        #expect(code(.creating) == "not_a_catalogue")
        #expect(code(.reading) == "catalogue_lost")
        unlink(path.string + "-wal")
        CatalogueReserve(besides: path).giveUp()
        #expect(code(.reading) == "catalogue_missing")
        #expect(try open(.creating).sources().isEmpty)
    }

    @Test("that is gone, while its reserve is there, is not made anew: a good one could not be rebuilt any more")
    func reserveAlone() throws {
        try open(.creating).close()
        unlink(path.string)
        for mode in [CatalogueMode.reading, .writing, .creating] { #expect(code(mode) == "catalogue_lost") }
        let left = try FileManager.default.contentsOfDirectory(atPath: path.removingLastComponent().string)
        #expect(left == [path.lastComponent!.string + ".reserve"])
        // What is somebody's own is no trace of a catalogue.
        let reserve = CatalogueReserve(besides: path)
        #expect(reserve.giveUp())
        try Data("mine".utf8).write(to: URL(fileURLWithPath: reserve.path.string))
        #expect(code(.reading) == "catalogue_missing")
        #expect(try open(.creating).sources().isEmpty)
    }

    @Test("makes files and directories for this user alone, whatever the umask")
    func modes() throws {
        let directory = scratch.path.appending("a").appending("b")
        let path = directory.appending("c.sqlite")
        let before = umask(0)
        defer { umask(before) }
        let catalogue = try Catalogue.open(path: path, mode: .creating, now: Sample.now)
        try catalogue.add(Sample.source(), event: Sample.occasion(.sourceAdded))
        for ending in ["", "-wal", "-shm", ".reserve"] { #expect(mode(FilePath(path.string + ending)) == 0o600, "\(ending)") }
        #expect(mode(directory) == 0o700)
        #expect(mode(scratch.path.appending("a")) == 0o700)
        try catalogue.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted() == ["c.sqlite", "c.sqlite.reserve"])
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

    @Test("is not made beneath a link that leads nowhere")
    func linkToNowhere() throws {
        let link = scratch.path.appending("link")
        symlink(scratch.path.appending("nowhere").appending("at-all").string, link.string)
        for path in [link.appending("c.sqlite"), link.appending("a").appending("b").appending("c.sqlite")] {
            #expect(errorCode { _ = try Catalogue.open(path: path, mode: .creating, now: Sample.now) } == "not_a_directory")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path.string) == ["link"])
    }

    @Test("through a symbolic link is refused")
    func link() throws {
        try make()
        let other = FilePath(path.string + ".link")
        symlink(path.string, other.string)
        #expect(errorCode { _ = try Catalogue.open(path: other, mode: .reading, now: Sample.now) } == "not_a_catalogue")
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
        var generator = SeededGenerator(seed: 8)
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

    @Test("of somebody else is refused", .enabled(if: geteuid() == 0, "needs root to give files away"))
    func owner() throws {
        try make()
        chown(path.string, 1234, 0)
        #expect(code() == "catalogue_exposed")
        chown(path.string, 0, 0)
        #expect(code() == nil)
        chown(scratch.path.string, 1234, 0)
        #expect(code() == "catalogue_exposed")
        chown(scratch.path.string, 0, 0)
    }

    @Test(
        "that others may write, or whose directory they may, is refused",
        arguments: [
            (0o660, 0o700), (0o602, 0o700), (0o600, 0o770), (0o600, 0o707), (0o600, 0o1777),
        ])
    func writableByOthers(file: UInt32, directory: UInt32) throws {
        try make()
        chmod(path.string, file)
        chmod(scratch.path.string, directory)
        #expect(code() == "catalogue_exposed")
        #expect(code(.creating) == "catalogue_exposed")
    }

    @Test("below a directory that others may write is refused to root", .enabled(if: geteuid() == 0, "the rule is for root"))
    func parents() throws {
        let directory = scratch.path.appending("inner")
        let path = directory.appending("c.sqlite")
        try Catalogue.open(path: path, mode: .creating, now: Sample.now).close()
        chmod(scratch.path.string, 0o777)
        #expect(errorCode { _ = try Catalogue.open(path: path, mode: .reading, now: Sample.now) } == "catalogue_exposed")
        chmod(scratch.path.string, 0o1777)
        try Catalogue.open(path: path, mode: .reading, now: Sample.now).close()
    }

    @Test("by a relative or overlong path is refused")
    func paths() {
        for path in [FilePath("c.sqlite"), FilePath("/" + String(repeating: "a", count: 5000))] {
            #expect(errorCode { _ = try Catalogue.open(path: path, mode: .creating, now: Sample.now) } == "invalid_path")
        }
        #expect(errorCode { _ = try Catalogue.open(path: "/", mode: .creating, now: Sample.now) } == "not_a_catalogue")
        let long = scratch.path.appending(String(repeating: "a", count: 300))
        #expect(errorCode { _ = try Catalogue.open(path: long, mode: .creating, now: Sample.now) } == "invalid_path")
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

    @Test("leaves a file alone that has the reserve's name but was not made by it")
    func reserveOfSomebody() throws {
        let reserve = CatalogueReserve(besides: path)
        try make()
        #expect(reserve.giveUp())
        let theirs = Data("kept for a rainy day".utf8)
        try theirs.write(to: URL(fileURLWithPath: reserve.path.string))
        try open(.writing).close()
        #expect(!reserve.restoreIfPossible() && !reserve.giveUp())
        #expect(FileManager.default.contents(atPath: reserve.path.string) == theirs)
        // What a crash left of a reserve is made anew.
        try FileManager.default.removeItem(atPath: reserve.path.string)
        #expect(reserve.restoreIfPossible())
        #expect(truncate(reserve.path.string, 5000) == 0 && !reserve.isThere)
        #expect(reserve.restoreIfPossible() && reserve.isThere)
    }

    @Test("makes a reserve that really takes its space, gives it up and restores it")
    func reserve() throws {
        let catalogue = try open(.creating)
        let reserve = CatalogueReserve(besides: path)
        #expect(reserve.isThere)
        #expect(reserve.giveUp())
        #expect(!reserve.isThere)
        #expect(!reserve.giveUp())
        try Data(count: 10).write(to: URL(fileURLWithPath: reserve.path.string))
        #expect(!reserve.isThere)
        #expect(reserve.restoreIfPossible())
        #expect(reserve.isThere)
        #expect(mode(reserve.path) == 0o600)
        try catalogue.close()
    }
}
