// Replacing a catalogue: what counts as damaged and what does not, two at one time, and what a failure leaves.

import CloneCore
import Foundation
import GRDB
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: replacing a catalogue", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreReplacingTests {
    private func names(_ scene: StoreScene) -> [String] {
        listDirectory(scene.state.string).filter { $0.hasPrefix("catalogue.sqlite") && !$0.hasSuffix(".reserve") }.sorted()
    }

    /// What is done to a catalogue that can be opened and listed all the same.
    enum Damage: CaseIterable {
        case indexPage, indexContent, missingTable
    }

    @Test("a catalogue whose damage only SQLite's own check finds is damaged", arguments: Damage.allCases)
    func damaged(_ damage: Damage) throws {
        try TestScope.with { scope in
            let (scene, store, source) = try StoreScene.precious(scope)
            let (page, size) = try store.catalogue.read { db in
                (
                    try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'snapshot_label'") ?? 0,
                    try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
                )
            }
            if damage == .missingTable { try store.catalogue.write { db in try db.execute(sql: "DROP TABLE event") } }
            try store.catalogue.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: scene.catalogue.string))
            let range = (page - 1) * size..<page * size
            switch damage {
            case .indexPage: bytes.replaceSubrange(range, with: Data(repeating: 0xA5, count: size))
            case .indexContent:
                let label = try #require(bytes.range(of: Data("precious".utf8), in: range))
                bytes.replaceSubrange(label, with: Data("spurious".utf8))
            case .missingTable: break
            }
            try bytes.write(to: URL(fileURLWithPath: scene.catalogue.string))
            chmod(scene.catalogue.string, 0o600)
            let report = try scene.rebuild()
            #expect(report.snapshotCount == 3)
            let aside = try #require(report.damagedCatalogue)
            #expect(try Data(contentsOf: URL(fileURLWithPath: aside.string)) == bytes)
            #expect(try scene.store(mode: .writing).take(source).snapshot.number.value == 4)
        }
    }

    @Test("a page that the disk does not give is no damage")
    func unreadablePage() throws {
        let file = try CatalogueFile(path: "/x/c.sqlite")
        #expect(file.failure(finding: "ok") == nil)
        #expect(file.failure(finding: "row 1 missing from index snapshot_label")?.code == "catalogue_corrupt")
        let lines = "*** in database main ***\nTree 5 page 5: unable to get the page. error code="
        #expect(file.failure(finding: lines + "266")?.code == "catalogue_io")
        #expect(file.failure(finding: lines + "10")?.code == "catalogue_io")
        #expect(file.failure(finding: lines + "7")?.code == "catalogue_failed")
        #expect(file.failure(finding: lines + "11")?.code == "catalogue_corrupt")
    }

    @Test("a good, a newer and a busy one are said as such, and stay")
    func notReplaced() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try StoreScene.precious(scope)
            try store.catalogue.close()
            expectError("catalogue_in_use", .failed) { try scene.rebuild() }
            let other = try DatabaseQueue(path: scene.catalogue.string)
            try other.inDatabase { db in
                try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            }
            expectError("catalogue_locked", .busy) { try scene.rebuild() }
            try other.inDatabase { db in try db.execute(sql: "PRAGMA user_version = 99") }
            try other.close()
            expectError("catalogue_newer", .data) { try scene.rebuild() }
            // A directory by its name is no damaged catalogue, but perhaps somebody's slip.
            for ending in ["", "-wal", "-shm"] { unlink(scene.catalogue.string + ending) }
            mkdir(scene.catalogue.string, 0o700)
            try scope.write("precious", to: scene.catalogue.appending("file"))
            expectError("not_a_catalogue", .data) { try scene.rebuild() }
            #expect(access(scene.catalogue.appending("file").string, F_OK) == 0)
            #expect(!names(scene).contains { $0.contains("rebuilding") || $0.contains("damaged") })
        }
    }

    @Test("of two at one time one makes it, the other finds it made, or is told when it does not wait")
    func twoAtOnce() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try StoreScene.precious(scope)
            try store.take(try scene.source("other", in: store))
            try scene.lose(store)
            // The second, from other directories, begins while the first has its draft and is about to give it the name.
            let places = scene.directory.appending(".losnap")
            let codes = Codes()
            var kernel = scene.kernel
            kernel.rename = { (from, name, to, newName, how) throws(Errno) in
                if newName == scene.catalogue.string {
                    let options = scene.options(waits: false)
                    codes.add(errorCode { _ = try rebuildCatalogue(from: [places.appending("other")], options: options) })
                }
                try Kernel.linux.rename(from, name, to, newName, how)
            }
            _ = try rebuildCatalogue(from: [places.appending("home")], options: scene.options(kernel))
            #expect(codes.all == ["locked"])
            #expect(try scene.store(mode: .writing).list().count == 3)
            try scene.lose(try scene.store())
            let outcomes = Codes()
            DispatchQueue.concurrentPerform(iterations: 3) { _ in outcomes.add(errorCode { try scene.rebuild() }) }
            #expect(outcomes.all.sorted { ($0 ?? "") < ($1 ?? "") } == [nil, "catalogue_in_use", "catalogue_in_use"])
            #expect(try scene.store(mode: .writing).list().count == 4)
            #expect(!names(scene).contains { $0.contains("rebuilding") || $0.contains("damaged") })
        }
    }

    @Test("a directory in which somebody is at work is waited for, or said")
    func lockedDirectory() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try StoreScene.precious(scope)
            let lock = try store.lock(try store.presentPlace(of: try store.row(1)), called: source.name)
            try scene.lose(store)
            expectError("locked", .busy) { try scene.rebuild(waits: false) }
            #expect(names(scene).isEmpty)
            withExtendedLifetime(lock) {}
        }
    }

    @Test("one that another process makes in the meantime is not replaced")
    func appeared() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try StoreScene.precious(scope)
            try store.catalogue.close()
            try scope.write("no database", to: scene.catalogue)
            var kernel = scene.kernel
            kernel.rename = { (from, name, to, newName, how) throws(Errno) in
                if newName == scene.catalogue.string, access(newName, F_OK) != 0 {
                    try? Data("another".utf8).write(to: URL(fileURLWithPath: newName))
                }
                try Kernel.linux.rename(from, name, to, newName, how)
            }
            expectError("catalogue_appeared", .busy) { try scene.rebuild(kernel) }
            #expect(FileManager.default.contents(atPath: scene.catalogue.string) == Data("another".utf8))
            let aside = try #require(names(scene).first { $0.contains("damaged") })
            #expect(FileManager.default.contents(atPath: scene.state.appending(aside).string) == Data("no database".utf8))
            #expect(names(scene).count == 2)
        }
    }

    @Test("a disk that does not sync, or does not rename, leaves the damaged one where it was, with its log", arguments: [true, false])
    func failing(atSync: Bool) throws {
        try TestScope.with { scope in
            let (scene, store, _) = try StoreScene.precious(scope)
            try store.catalogue.close()
            try scope.write("no database", to: scene.catalogue)
            try scope.write("its log", to: FilePath(scene.catalogue.string + "-wal"))
            let directory = try OpenFile(scene.state.string, kernel: .linux).status().identity
            var kernel = scene.kernel
            if atSync {
                kernel.synchronize = { (fd) throws(Errno) in
                    if try Kernel.linux.status(fd).identity == directory { throw .ioError }
                    try Kernel.linux.synchronize(fd)
                }
            } else {
                kernel.rename = { (from, name, to, newName, how) throws(Errno) in
                    if name.hasSuffix(".rebuilding") { throw .ioError }
                    try Kernel.linux.rename(from, name, to, newName, how)
                }
            }
            expectError("catalogue_io", .io) { try scene.rebuild(kernel) }
            #expect(names(scene).filter { !$0.hasSuffix("-shm") } == ["catalogue.sqlite", "catalogue.sqlite-wal"])
            #expect(FileManager.default.contents(atPath: scene.catalogue.string) == Data("no database".utf8))
        }
    }
}

/// What several threads came to.
private final class Codes: @unchecked Sendable {
    private var codes: [String?] = []
    private let lock = NSLock()

    func add(_ code: String?) { lock.withLock { codes.append(code) } }

    var all: [String?] { lock.withLock { codes } }
}
