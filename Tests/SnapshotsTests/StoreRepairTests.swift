// Repair and rebuild: every row of reconcile's table made by hand on the disk and mended, and a catalogue made anew from the files alone.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: repair and rebuild", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreRepairTests {
    private func world(_ scope: TestScope, _ count: Int = 3) throws -> (StoreScene, Store, Source) {
        let scene = try StoreScene(on: scope.memoryPool())
        let store = try scene.store()
        return (scene, store, try scene.source(in: store, taken: count))
    }

    private func path(_ store: Store, _ number: Int64) throws -> FilePath {
        let row = try store.row(number)
        return try #require(row.path)
    }

    private func unprotect(_ path: FilePath) throws { try Command.run("chattr", ["-i", path.string]) }

    private func kinds(_ store: Store, dryRun: Bool = false, forget: Bool = false) throws -> [String] {
        let report = try store.repair(RepairRequest(forgetsMissing: forget, isDryRun: dryRun))
        #expect(report.failed.isEmpty)
        return report.steps.map { "\($0.kind.rawValue) \($0.number?.value ?? 0)" }.sorted()
    }

    @Test("missing, renamed, copied, foreign, shortened, unknown: each is told, and only what can be believed is changed")
    func findings() throws {
        try TestScope.with { scope in
            let (_, store, _) = try world(scope, 5)
            let directory = try path(store, 1).removingLastComponent()
            for number in 1...4 { try unprotect(try path(store, Int64(number))) }
            unlink(try path(store, 1).string)
            let moved = directory.appending("renamed")
            rename(try path(store, 2).string, moved.string)
            try Command.run("cp", ["-a", try path(store, 3).string, directory.appending("copy").string])
            truncate(try path(store, 4).string, 4096)
            try scope.write("x", to: directory.appending("stranger"))
            symlink("/etc/passwd", directory.appending("link").string)
            let wanted = ["missing 1", "relocated 2", "unreadable 0", "unreadable 0", "unreadable 0", "unreadable 4"]
            #expect(try kinds(store, dryRun: true) == wanted)
            #expect(try store.row(2).path != moved)
            #expect(try kinds(store) == wanted)
            #expect(try store.row(2).path == moved)
            #expect(try kinds(store, forget: true).contains("forgotten 1"))
            #expect(try store.catalogue.snapshots().map(\.number.value) == [2, 3, 4, 5])
            #expect(access(directory.appending("stranger").string, F_OK) == 0)
            expectError("file_missing", .notFound) { _ = try store.planRestore(store.measure([try store.row(5)])[0].gone, to: .inPlace) }
        }
    }

    @Test("an orphan is taken in with its number, hold and label; a shortened one and another user's are not")
    func orphans() throws {
        try TestScope.with { scope in
            let (_, store, _) = try world(scope)
            _ = try store.hold(try store.listed(try #require(SnapshotNumber(1))), try Hold(reason: "kept"))
            let rows = try store.catalogue.snapshots()
            for row in rows { try store.catalogue.forget(row.number, event: store.occasion(.forgotten)) }
            try unprotect(try #require(rows[1].path))
            truncate(try #require(rows[1].path).string, 4096)
            try unprotect(try #require(rows[2].path))
            chown(try #require(rows[2].path).string, 1234, 0)
            #expect(try kinds(store) == ["adopted 1", "unreadable 0", "unreadable 0"])
            #expect(try store.row(1).description == rows[0].description)
        }
    }

    @Test("snapshots of a pool that is mounted elsewhere are found again; where theirs may still be, a file is a copy")
    func elsewhere() throws {
        try TestScope.with { scope in
            let (_, store, _) = try world(scope)
            let rows = try store.catalogue.snapshots()
            let here = rows[0].directory
            let places = [
                SnapshotDirectory(path: "/nowhere/s", pool: here.pool),
                SnapshotDirectory(path: here.path.removingLastComponent().appending("gone"), pool: here.pool),
                SnapshotDirectory(path: "/nowhere/s", pool: PoolIdentity(type: here.pool.type, uuid: "another")),
            ]
            for (row, place) in zip(rows, places) {
                let name = try #require(row.fileName)
                try store.catalogue.relocate(row.number, directory: place, fileName: name, event: store.occasion(.settled))
            }
            let wanted = ["relocated 1", "relocated 2", "unavailable 3", "unreadable 0"]
            #expect(try kinds(store, dryRun: true) == wanted)
            #expect(try store.row(1).directory == places[0])
            #expect(try kinds(store) == wanted)
            #expect(try store.catalogue.snapshots().map(\.directory) == [here, here, places[2]])
            #expect(try kinds(store) == ["unavailable 3", "unreadable 0"])
        }
    }

    @Test("what was unfinished in a directory that is not there is forgotten with it, of a group all")
    func unfinishedInMissingDirectory() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope, 2)
            let other = try scene.source("other", in: store)
            let lone = try store.take(other).snapshot
            let group = Identifier.random()
            let first = try store.row(1)
            func begin(_ source: Source, in directory: SnapshotDirectory, group: Identifier?) throws {
                _ = try store.catalogue.begin(
                    SnapshotDraft(
                        id: .random(), sourceID: source.id, imagePath: source.imagePath, directory: directory, begunAt: store.now,
                        group: group,
                        origin: .manual, consistency: .frozen, image: first.image))
            }
            try begin(source, in: first.directory, group: group)
            try begin(other, in: lone.directory, group: group)
            try begin(source, in: first.directory, group: nil)
            try store.catalogue.markDeleting(try store.row(2).number, Removal(kind: .pruned))
            try Command.run("chattr", ["-R", "-i", first.directory.path.string])
            try Command.run("rm", ["-r", first.directory.path.string])

            let before = try store.catalogue.snapshots().map(\.number.value)
            expectError("directory_missing", .pool) { try store.take(source) }
            // Nothing can be told of the group: it waits.
            #expect(try store.take(other).presence == .present)
            for request in [
                RepairRequest(sources: [source]), RepairRequest(forgetsMissing: true),
                RepairRequest(sources: [source], forgetsMissing: true, isDryRun: true),
            ] {
                let steps = try store.repair(request).steps.filter { $0.source == source.name }
                #expect(steps.map(\.kind) == Array(repeating: request.isDryRun ? .forgotten : .unavailable, count: 4))
            }
            #expect(try store.catalogue.snapshots().map(\.number.value).filter { $0 < 7 } == before)
            #expect(
                try store.repair(RepairRequest(sources: [source], forgetsMissing: true)).steps.map(\.kind) == [
                    .forgotten, .forgotten, .forgotten, .forgotten,
                ])
            #expect(try store.catalogue.snapshots().map(\.number) == [lone.number, try store.row(7).number])
            try store.take(source)
            try scene.expectSettled(store)
        }
    }

    @Test("a removal that was begun goes on, but not if record or row is held")
    func removals() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let second = try store.row(2)
            let place = try store.presentPlace(of: second)
            let (file, _) = try place.open(try #require(second.fileName), expecting: second.id)
            try store.write(second.description.revised { $0.hold = try? Hold() }, to: file, of: second)
            for number in [2, 3] { try store.catalogue.markDeleting(try store.row(Int64(number)).number, Removal(kind: .pruned)) }
            let report = try store.create(CreateRequest(sources: [source]))
            #expect(Set(report.warnings) == [.keptHeld(second.number), .reconciled(.removed, try #require(SnapshotNumber(3)))])
            #expect(try store.row(2).isHeld(at: scene.clock.now))
            #expect(try store.catalogue.snapshots().map(\.number.value) == [1, 2, 4])
            try scene.expectSettled(store)
        }
    }

    @Test("a revision that nobody can have come to by changes is not believed; the greatest that is leaves room for more")
    func greatRevisions() throws {
        try TestScope.with { scope in
            let (_, store, source) = try world(scope, 3)
            let rows = try store.catalogue.snapshots()
            for (row, revision) in zip(rows, [Int64(1) << 40, 1 << 40, 1 << 32]) {
                let file = try OpenFile(try #require(row.path).string, kernel: .linux)
                let text = String(decoding: try Kernel.linux.getXattr(file.descriptor, "trusted.losnap"), as: UTF8.self)
                try #require(text.contains("\"revision\":1,"))
                try Kernel.linux.clearImmutable(file)
                let changed = text.replacing("\"revision\":1,", with: "\"revision\":\(revision),")
                try Kernel.linux.setXattr(file.descriptor, "trusted.losnap", Array(changed.utf8))
            }
            // One that is still listed, and two orphans.
            for row in rows[1...] { try store.catalogue.forget(row.number, event: store.occasion(.forgotten)) }
            expectError("invalid_record", .data) { _ = try store.label(store.listed(rows[0].number), Label(parsing: "a")) }
            #expect(try kinds(store) == ["adopted 3", "unreadable 0", "unreadable 1"])
            _ = try store.label(store.listed(rows[2].number), Label(parsing: "a"))
            _ = try store.label(store.listed(rows[2].number), Label(parsing: "b"))
            #expect(try store.row(3).label?.text == "b")
            // As the hint says.
            let adopted = store.adopt(files: [try #require(rows[1].path)], into: source, takenAt: store.now)
            #expect(adopted.failed.isEmpty && adopted.snapshots.count == 1)
        }
    }

    @Test("a dry run, which has no lock: a file that goes while it looks is passed over")
    func goesMeanwhile() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try world(scope)
            let stray = try path(store, 1).removingLastComponent().appending("stray")
            try scope.write("x", to: stray)
            var kernel = scene.kernel
            let status = kernel.statusOf
            kernel.statusOf = { (directory, name) throws(Errno) in
                if name == "stray" { unlink(stray.string) }
                return try status(directory, name)
            }
            #expect(try kinds(scene.store(kernel), dryRun: true) == [])
            #expect(access(stray.string, F_OK) != 0)
        }
    }

    @Test("a directory that can't be read to its end strikes nothing off")
    func unreadableDirectory() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            try store.catalogue.markDeleting(try store.row(3).number, Removal(kind: .pruned))
            let kernel = RecordingKernel(scene.kernel, .matching { $0.description == "open(.)" ? .ioError : nil })
            expectError("input_output", .io) { try scene.store(kernel.kernel).take(source) }
            #expect(try store.row(3).state == .deleting)
        }
    }

    @Test("a lost or damaged catalogue comes back from the files: numbers, holds, labels, tags, groups", arguments: [true, false])
    func rebuild(isLost: Bool) throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let other = try scene.source("other", in: store)
            _ = try store.create(CreateRequest(sources: [source, other]))
            _ = try store.hold(try store.list()[1], try Hold(reason: "kept"))
            _ = try store.label(try store.list()[2], try Label(parsing: "named"))
            _ = try store.tag(try store.list()[0], adding: [try Tag(parsing: "t")], removing: [])
            let before = try store.catalogue.snapshots()
            // A foreign file and a copy lie there too.
            let directory = try path(store, 1).removingLastComponent()
            try Command.run("cp", ["-a", try path(store, 1).string, directory.appending("zz-copy").string])
            try store.catalogue.close()
            for ending in ["", "-wal", "-shm"] where isLost { unlink(scene.catalogue.string + ending) }
            if !isLost { try scope.write(String(repeating: "no database ", count: 1000), to: scene.catalogue) }
            let report = try rebuildCatalogue(from: [scene.directory], options: scene.options())
            #expect(report.snapshotCount == 5 && Set(report.sources.map(\.id)) == [source.id, other.id])
            #expect(report.leftAlone.count == 1 && (report.damagedCatalogue == nil) == isLost)
            let rebuilt = try scene.store(mode: .writing)
            #expect(rebuilt.catalogue.id == store.catalogue.id)
            func comparable(_ snapshots: [Snapshot]) throws -> [SnapshotRecord] {
                snapshots.map { SnapshotRecord($0, catalogue: store.catalogue.id) }.sorted { $0.number < $1.number }
            }
            #expect(try comparable(rebuilt.catalogue.snapshots()) == comparable(before))
            #expect(try rebuilt.take(source).snapshot.number.value == 6)
            try rebuilt.catalogue.close()
            expectError("catalogue_in_use", .failed) { _ = try rebuildCatalogue(from: [scene.directory], options: scene.options()) }
            #expect(!listDirectory(scene.state.string).contains { $0.contains("rebuilding") })
        }
    }

    @Test("only a draft of one's own is removed before a rebuild, not what somebody else has put there")
    func foreignDraft() throws {
        try TestScope.with { scope in
            let directory = try scope.freshDirectory("state", mode: 0o700)
            let other = directory.appending("other")
            func text(_ path: FilePath) -> String? {
                FileManager.default.contents(atPath: path.string).map { String(decoding: $0, as: UTF8.self) }
            }
            let draft = directory.appending("catalogue.sqlite.rebuilding")
            try scope.write("new", to: draft)
            try removeDraft(draft)
            #expect(text(draft) == nil)
            try scope.write("theirs", to: other)
            symlink(other.string, draft.string)
            expectError("file_exists", .usage) { try removeDraft(draft) }
            #expect(text(other) == "theirs" && text(draft) == "theirs")
        }
    }

    @Test("a rebuild that fails leaves the damaged catalogue where it was")
    func failingRebuild() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try world(scope)
            try store.catalogue.close()
            try scope.write("no database", to: scene.catalogue)
            let kernel = RecordingKernel(scene.kernel, .matching { $0.description == "open(.)" ? .ioError : nil })
            expectError("input_output", .io) { _ = try rebuildCatalogue(from: [scene.directory], options: scene.options(kernel.kernel)) }
            #expect(FileManager.default.contents(atPath: scene.catalogue.string) == Data("no database".utf8))
            expectError("nothing_to_rebuild", .notFound) {
                _ = try rebuildCatalogue(from: [try scope.freshDirectory("empty")], options: scene.options())
            }
        }
    }
}

extension ListedSnapshot {
    /// The same, as it would be listed without its file.
    fileprivate var gone: ListedSnapshot { ListedSnapshot(snapshot: snapshot, presence: .missing, allocatedBytes: allocatedBytes) }
}
