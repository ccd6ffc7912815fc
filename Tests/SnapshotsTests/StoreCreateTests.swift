// Taking snapshots when all is well: what is on disk and in the catalogue afterwards, and in what order it came there.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: create", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreCreateTests {
    @Test("file, record, row, mark, tag and event", arguments: [Filesystem.xfs, .btrfs])
    func all(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let store = try scene.store()
            let source = try scene.source(in: store)
            let taken = try store.take(source) {
                $0.label = try Label(parsing: "before-upgrade")
                $0.tags = try Tags([try Tag(parsing: "a"), try Tag(parsing: "b")])
                $0.hold = try Hold(reason: "mine")
            }
            let snapshot = taken.snapshot
            #expect(snapshot.number.value == 1 && snapshot.state == .complete && snapshot.consistency == .unmounted)
            #expect(snapshot.directory.path == scene.directory.appending(".losnap").appending("home"))
            let path = try #require(snapshot.path)
            #expect(path.lastComponent?.string == "\(snapshot.takenAt.compact)-\(snapshot.id.prefix).img")
            #expect(StoreScene.letter(in: path) == "a")
            #expect(try scene.record(at: path) == SnapshotRecord(snapshot, catalogue: store.catalogue.id))
            #expect(snapshot.description.hold?.reason == "mine" && snapshot.tags.map(\.text) == ["a", "b"])
            #expect(snapshot.image.mode == 0o640)
            let status = try OpenFile(path.string, kernel: .linux).status()
            #expect(status.permissions == 0o400 && status.uid == 0 && status.isImmutable)
            let directory = try SnapshotPlace.open(snapshot.directory.path, kernel: .linux)
            let mark = DirectoryMark(sourceID: source.id, catalogueID: store.catalogue.id, highestNumber: snapshot.number)
            #expect(try directory.mark() == mark)
            #expect(try directory.file.status().permissions == 0o700)
            let tag = FileManager.default.contents(atPath: directory.path.appending("CACHEDIR.TAG").string) ?? Data()
            #expect(String(decoding: tag, as: UTF8.self).hasPrefix("Signature: 8a477f597d28d172789f06886806bc55\n"))
            #expect(try store.log().last?.occasion.kind == .created)
            #expect(try store.catalogue.source(id: source.id)?.pool == snapshot.directory.pool)
            try scene.expectSettled(store)
        }
    }

    @Test("a create that is refused leaves no directory that it made, and others as they are", arguments: [Filesystem.xfs, .btrfs])
    func refusedLeavesNothing(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let store = try scene.store()
            let image = try scene.image()
            let proposed = try store.findOrPropose(.path(image))
            // Open for writing: found after the directory is made and marked.
            let writer = try FileDescriptor.open(image, .readWrite, options: .closeOnExec)
            expectError("open_for_writing", .busy) { try store.take(proposed) }
            #expect(listDirectory(scene.directory.string) == ["home.img"])
            let other = try scene.source("other", in: store)
            try store.take(other)
            expectError("open_for_writing", .busy) { _ = try store.create(CreateRequest(sources: [proposed, other])) }
            #expect(listDirectory(scene.directory.appending(".losnap").string) == ["other"])
            try writer.close()
            // The second can't even be opened, and nothing is locked yet.
            let gone = try scene.source("gone", in: store)
            unlink(gone.imagePath.string)
            expectError("no_such_file", .notFound) { _ = try store.create(CreateRequest(sources: [proposed, gone])) }
            #expect(listDirectory(scene.directory.appending(".losnap").string) == ["other"])
            // Whoever has opened it in the meantime is told to try again.
            let place = try SnapshotPlace.prepare(for: proposed, image: ImageFile(path: image.string, kernel: .linux), kernel: .linux) {
                _ in
            }
            place.removeIfNew(isLocked: true)
            expectError("locked", .busy) { try store.claim(place, for: proposed) }
            #expect(try store.take(proposed).snapshot.number.value > 1)
            #expect(scene.files().count == 1)
            try scene.expectSettled(store)
        }
    }

    @Test("everything is on disk before it has a name, and has its name before the row says so")
    func order() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let source = try scene.source(in: try scene.store())
            let kernel = RecordingKernel(scene.kernel)
            try scene.store(kernel.kernel).take(source)
            let wanted: Set = ["cloneRange", "setXattr", "setMode", "synchronize", "link", "setInodeFlags", "unlink"]
            let clone = kernel.calls.lastIndex { $0.name == "cloneRange" } ?? 0
            let steps = kernel.calls.dropFirst(clone).filter { wanted.contains($0.name) }.map(\.name)
            // The record twice: it takes blocks on XFS, and then says so. The third attribute is the mark's, which the fsync of the directory
            // takes along.
            let named = ["setXattr", "link", "synchronize", "setInodeFlags", "synchronize"]
            #expect(steps == ["cloneRange", "setXattr", "setXattr", "setMode", "synchronize"] + named)
        }
    }

    @Test("nodatacow, extent size and project go along", arguments: [Filesystem.xfs, .btrfs])
    func traits(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let store = try scene.store()
            let path = scene.directory.appending("home.img")
            try scope.write("", to: path)
            if kind == .btrfs {
                try Command.run("chattr", ["+C", path.string])
            } else {
                try Command.run("xfs_io", ["-c", "extsize 65536", "-c", "cowextsize 131072", "-c", "chproj 42", path.string])
            }
            try scene.write("a", to: path)
            let snapshot = try store.take(try store.findOrPropose(.path(path))).snapshot
            let copy = try OpenFile(try #require(snapshot.path).string, kernel: .linux)
            let image = try OpenFile(path.string, kernel: .linux)
            let traits = try ImageTraits(of: copy, kernel: .linux)
            let own = try ImageTraits(of: image, kernel: .linux)
            #expect(traits.hints?.extentSizeInForce == own.hints?.extentSizeInForce)
            #expect(traits.hints?.cowExtentSizeInForce == own.hints?.cowExtentSizeInForce)
            #expect(kind == .btrfs ? traits.isNoCopyOnWrite : traits.hints?.projectID == 42 && traits.hints?.extentSizeInForce == 65536)
        }
    }

    @Test("a group has one id, one event each, and takes its locks in one order whatever order was asked for")
    func group() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let sources = try ["c", "a", "b"].map { try scene.source($0, in: store) }
            func locks(_ sources: [Source]) throws -> [String] {
                let kernel = RecordingKernel(scene.kernel)
                let report = try scene.store(kernel.kernel).create(CreateRequest(sources: sources))
                #expect(report.snapshots.map(\.snapshot.sourceID) == sources.map(\.id))
                #expect(Set(report.snapshots.map(\.snapshot.group)).count == 1 && report.snapshots[0].snapshot.group != nil)
                return kernel.calls.filter { $0.name == "open" && $0.arguments.hasPrefix("directory-") }.map(\.arguments)
            }
            let first = try locks(sources)
            #expect(first.count == 3)
            #expect(try locks(sources.reversed()) == first)
        }
    }

    @Test("a source that is named twice is taken once, also when waiting for locks")
    func twice() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            #expect(try store.create(CreateRequest(sources: [source, source])).snapshots.count == 1)
        }
    }

    @Test("a time of the user's own makes it an import; the future is refused; a clock set back is refused")
    func times() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            let past = scene.clock.now.advanced(byMilliseconds: -86_400_000)
            let imported = try store.take(source) { $0.takenAt = past }
            #expect(imported.snapshot.takenAt == past && imported.snapshot.origin == .import)
            expectError("time_in_future", .usage) { try store.take(source) { $0.takenAt = past.advanced(byMilliseconds: 86_400_001) } }
            try store.take(source)
            scene.clock.advance(milliseconds: -4 * 60_000)
            try store.take(source)
            scene.clock.advance(milliseconds: -2 * 60_000)
            expectError("clock_behind", .failed) { try store.take(source) }
            #expect(try store.take(source) { $0.takenAt = past }.snapshot.number.value == 4)
        }
    }

    @Test("an immutable flag that can't be set is a warning, and the snapshot is there")
    func flagFails() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let source = try scene.source(in: try scene.store())
            for errno: Errno in [.ioError, .notPermitted] {
                let kernel = RecordingKernel(scene.kernel, .matching { $0.description == "setInodeFlags(immutable)" ? errno : nil })
                let report = try scene.store(kernel.kernel).create(CreateRequest(sources: [source]))
                let path = try #require(report.snapshots.first?.snapshot.path)
                #expect(report.warnings == [.notImmutable(path: path.string)])
            }
            try scene.expectSettled(try scene.store())
        }
    }

    private func withLock(of snapshot: Snapshot, in store: Store, _ body: () -> Void) throws {
        let lock = try store.lock(store.presentPlace(of: snapshot), called: snapshot.sourceName)
        withExtendedLifetime(lock, body)
    }

    @Test("two at one time: the second is told who, or waits")
    func concurrent() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            try store.take(source)
            try withLock(of: try store.row(1), in: store) {
                expectError("locked", .busy) { try scene.store(waits: false).take(source) }
            }
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                #expect(throws: Never.self) { try scene.store().take(source) }
            }
            #expect(try store.list().map(\.snapshot.number.value) == [1, 2, 3, 4, 5])
            try scene.expectSettled(store)
        }
    }
}

/// Expects that error, with a sentence and a hint.
func expectError(
    _ code: String, _ category: ErrorCategory, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no error, though \(code) was expected", sourceLocation: sourceLocation)
    } catch let error as SnapshotsError {
        #expect(error.code == code && error.category == category, "\(error.message)", sourceLocation: sourceLocation)
        expectExplained(error, "\(code)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    }
}
