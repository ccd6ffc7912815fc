// Replacing a catalogue: what counts as damaged and what does not, two at one time, what a failure leaves, and numbers that are never given again.

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
    private func world(_ scope: TestScope, _ count: Int = 3) throws -> (StoreScene, Store, Source) {
        let scene = try StoreScene(on: scope.memoryPool())
        let store = try scene.store()
        return (scene, store, try scene.source(in: store, taken: count) { $0.label = try Label(parsing: "precious") })
    }

    @discardableResult
    private func rebuild(_ scene: StoreScene, _ kernel: Kernel? = nil, waits: Bool = true) throws -> RebuildReport {
        try rebuildCatalogue(from: [scene.directory], options: scene.options(kernel, waits: waits))
    }

    private func lose(_ scene: StoreScene, _ store: Store) throws {
        try store.catalogue.close()
        for ending in ["", "-wal", "-shm"] { unlink(scene.catalogue.string + ending) }
    }

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
            let (scene, store, source) = try world(scope)
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
            let report = try rebuild(scene)
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
            let (scene, store, _) = try world(scope)
            try store.catalogue.close()
            expectError("catalogue_in_use", .failed) { try rebuild(scene) }
            let other = try DatabaseQueue(path: scene.catalogue.string)
            try other.inDatabase { db in
                try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            }
            expectError("catalogue_locked", .busy) { try rebuild(scene) }
            try other.inDatabase { db in try db.execute(sql: "PRAGMA user_version = 99") }
            try other.close()
            expectError("catalogue_newer", .data) { try rebuild(scene) }
            // A directory by its name is no damaged catalogue, but perhaps somebody's slip.
            for ending in ["", "-wal", "-shm"] { unlink(scene.catalogue.string + ending) }
            mkdir(scene.catalogue.string, 0o700)
            try scope.write("precious", to: scene.catalogue.appending("file"))
            expectError("not_a_catalogue", .data) { try rebuild(scene) }
            #expect(access(scene.catalogue.appending("file").string, F_OK) == 0)
            #expect(!names(scene).contains { $0.contains("rebuilding") || $0.contains("damaged") })
        }
    }

    @Test("of two at one time one makes it, the other finds it made, or is told when it does not wait")
    func twoAtOnce() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try world(scope)
            try store.take(try scene.source("other", in: store))
            try lose(scene, store)
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
            try lose(scene, try scene.store())
            let outcomes = Codes()
            DispatchQueue.concurrentPerform(iterations: 3) { _ in outcomes.add(errorCode { try rebuild(scene) }) }
            #expect(outcomes.all.sorted { ($0 ?? "") < ($1 ?? "") } == [nil, "catalogue_in_use", "catalogue_in_use"])
            #expect(try scene.store(mode: .writing).list().count == 4)
            #expect(!names(scene).contains { $0.contains("rebuilding") || $0.contains("damaged") })
        }
    }

    @Test("a directory in which somebody is at work is waited for, or said")
    func lockedDirectory() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let lock = try store.lock(try store.presentPlace(of: try store.row(1)), called: source.name)
            try lose(scene, store)
            expectError("locked", .busy) { try rebuild(scene, waits: false) }
            #expect(names(scene).isEmpty)
            withExtendedLifetime(lock) {}
        }
    }

    @Test("one that another process makes in the meantime is not replaced")
    func appeared() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try world(scope)
            try store.catalogue.close()
            try scope.write("no database", to: scene.catalogue)
            var kernel = scene.kernel
            kernel.rename = { (from, name, to, newName, how) throws(Errno) in
                if newName == scene.catalogue.string, access(newName, F_OK) != 0 {
                    try? Data("another".utf8).write(to: URL(fileURLWithPath: newName))
                }
                try Kernel.linux.rename(from, name, to, newName, how)
            }
            expectError("catalogue_appeared", .busy) { try rebuild(scene, kernel) }
            #expect(FileManager.default.contents(atPath: scene.catalogue.string) == Data("another".utf8))
            let aside = try #require(names(scene).first { $0.contains("damaged") })
            #expect(FileManager.default.contents(atPath: scene.state.appending(aside).string) == Data("no database".utf8))
            #expect(names(scene).count == 2)
        }
    }

    @Test("a disk that does not sync, or does not rename, leaves the damaged one where it was, with its log", arguments: [true, false])
    func failing(atSync: Bool) throws {
        try TestScope.with { scope in
            let (scene, store, _) = try world(scope)
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
            expectError("catalogue_io", .io) { try rebuild(scene, kernel) }
            #expect(names(scene).filter { !$0.hasSuffix("-shm") } == ["catalogue.sqlite", "catalogue.sqlite-wal"])
            #expect(FileManager.default.contents(atPath: scene.catalogue.string) == Data("no database".utf8))
        }
    }

    // MARK: Numbers

    @Test("a rebuilt catalogue does not give the numbers of snapshots that were deleted")
    func deletedNumbers() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let other = try scene.source("other", in: store)
            try store.take(other)
            let last = try store.list().suffix(2)
            #expect(last.map(\.snapshot.number.value) == [3, 4])
            #expect(try store.delete(Array(last)).failed.isEmpty)
            try lose(scene, store)
            // Of the other source no snapshot is left, but its directory.
            try rebuild(scene)
            let rebuilt = try scene.store(mode: .writing)
            #expect(try rebuilt.take(source).snapshot.number.value == 5)
        }
    }

    @Test("an older copy of the catalogue does not give numbers of the directory again, and its orphans keep theirs")
    func olderCopy() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope, 1)
            try store.catalogue.close()
            let copy = scene.state.appending("copy").string
            try FileManager.default.copyItem(atPath: scene.catalogue.string, toPath: copy)
            let later = try scene.store()
            for _ in 2...3 {
                scene.clock.advance(hours: 1)
                try later.take(source)
            }
            try lose(scene, later)
            try FileManager.default.moveItem(atPath: copy, toPath: scene.catalogue.string)
            let restored = try scene.store()
            scene.clock.advance(hours: 1)
            #expect(try restored.take(source).snapshot.number.value == 4)
            #expect(try restored.repair(RepairRequest()).steps.map(\.kind) == [.adopted, .adopted])
            #expect(try restored.catalogue.snapshots().map(\.number.value) == [1, 2, 3, 4])
            try scene.expectSettled(restored)
        }
    }

    /// A catalogue from before its source was registered, which has three snapshots.
    private func worldWithoutSource(_ scope: TestScope) throws -> (StoreScene, Store, Source) {
        let scene = try StoreScene(on: scope.memoryPool())
        try scene.store().catalogue.close()
        let copy = scene.state.appending("copy").string
        try FileManager.default.copyItem(atPath: scene.catalogue.string, toPath: copy)
        let later = try scene.store()
        let source = try scene.source(in: later, taken: 3) { $0.label = try Label(parsing: "precious") }
        try lose(scene, later)
        try FileManager.default.moveItem(atPath: copy, toPath: scene.catalogue.string)
        return (scene, try scene.store(), source)
    }

    @Test("an older copy that does not know the source: refused, until repair takes the source in again by its directory")
    func copyWithoutSource() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try worldWithoutSource(scope)
            let directory = SnapshotPlace.path(of: source)
            let again = try store.findOrPropose(.path(source.imagePath))
            expectError("directory_of_unknown_source", .failed) { try store.take(again) }
            expectError("catalogue_in_use", .failed) { try rebuild(scene) }
            #expect(store.isSnapshotDirectory(directory) && !store.isSnapshotDirectory(scene.directory))
            let plan = try store.repair(RepairRequest(directories: [directory], isDryRun: true))
            #expect(plan.steps.map(\.kind) == [.adopted, .adopted, .adopted, .adopted])
            #expect(try store.sources(.all).isEmpty && store.list().isEmpty)
            let report = try store.repair(RepairRequest(directories: [directory]))
            #expect(report.steps.map { $0.number?.value } == [nil, 1, 2, 3] && report.failed.isEmpty)
            #expect(report.steps.allSatisfy { $0.kind == .adopted && $0.source == source.name })
            let known = try #require(try store.sources().first?.source)
            #expect(known.id == source.id && known.imagePath == source.imagePath && known.snapshotDirectory == nil)
            #expect(try store.list().map(\.snapshot.label?.text) == ["precious", "precious", "precious"])
            #expect(try store.take(known).snapshot.number.value == 4)
            // A directory whose source is known stands for it.
            #expect(try store.repair(RepairRequest(directories: [directory])).steps.isEmpty)
            try scene.expectSettled(store)
        }
    }

    @Test("a source that comes back to a name that was given away is listed as removed; where no record tells of one, nothing is guessed")
    func copyWithoutSourceRefusals() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try worldWithoutSource(scope)
            let directory = SnapshotPlace.path(of: source)
            let place = scene.directory.appending("elsewhere")
            let other = try store.addSource(name: source.name, image: source.imagePath, directory: place)
            try store.take(other)
            #expect(try store.repair(RepairRequest(directories: [directory])).steps.count == 4)
            #expect(try store.sources().map(\.source.id) == [other.id])
            #expect(try store.sources(.all).map(\.snapshotCount).sorted() == [1, 3])
            let stranger = try StoreScene(on: scene.directory.removingLastComponent(), "stranger")
            let theirs = try stranger.store()
            expectError("directory_of_another_catalogue", .failed) { _ = try theirs.repair(RepairRequest(directories: [directory])) }
            expectError("directory_not_marked", .pool) { _ = try store.repair(RepairRequest(directories: [scene.state])) }
            let bare = scene.directory.appending("bare")
            mkdir(bare.string, 0o700)
            try SnapshotPlace.open(bare, kernel: .linux).setMark(
                DirectoryMark(sourceID: .random(), catalogueID: store.catalogue.id, highestNumber: nil))
            expectError("source_not_recorded", .data) { _ = try store.repair(RepairRequest(directories: [bare])) }
        }
    }

    @Test("a directory that another source takes over goes on remembering")
    func takenOver() throws {
        try TestScope.with { scope in
            let (_, store, source) = try world(scope)
            #expect(try store.delete(store.list()).failed.isEmpty)
            try store.removeSource(source, .withoutSnapshots)
            let again = try store.findOrPropose(.path(source.imagePath))
            let place = try SnapshotPlace.open(SnapshotPlace.path(of: again), kernel: .linux)
            try store.claim(place, for: again)
            #expect(try place.mark()?.sourceID == again.id)
            #expect(try place.mark()?.highestNumber?.value == 3)
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
