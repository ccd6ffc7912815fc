// No snapshot when nothing has changed: what is compared with what, what is logged, and that in doubt one is taken.

import CloneCore
import Foundation
import Glibc
import Policy
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: create if changed", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreUnchangedTests {
    private static let block: Int64 = 4096

    private func create(_ sources: [Source], _ store: Store, limit: Int64 = 1) throws -> CreateReport {
        try store.create(CreateRequest(sources: sources, ifChanged: limit))
    }

    private func write(_ path: FilePath, at offset: Int64, blocks: Int) throws {
        let file = try FileDescriptor.open(path, .writeOnly)
        try file.closeAfter {
            _ = try file.writeAll(toAbsoluteOffset: offset, [UInt8](repeating: 0x78, count: blocks * Int(Self.block)))
        }
    }

    @Test("none is taken, no row made, and the log says why; then a write makes it worth one", arguments: [Filesystem.xfs, .btrfs])
    func unchanged(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let store = try scene.store()
            let source = try scene.source(in: store)
            #expect(try create([source], store).snapshots.count == 1)
            let newest = try store.row(1)
            scene.clock.advance(hours: 1)
            let report = try create([source], store)
            #expect(report.snapshots.isEmpty)
            let registered = try #require(try store.catalogue.source(id: source.id))
            #expect(report.unchanged.map(\.source.id) == [source.id] && registered.name == source.name)
            #expect(report.unchanged.map(\.newest) == [newest])
            #expect(report.unchanged.map(\.differingBytes) == [0] && report.unchanged.map(\.limitBytes) == [1])
            let event = try #require(try store.log().last)
            #expect(event.occasion == Occasion(at: scene.clock.now, kind: .unchanged, reason: "0 bytes differ", command: "test"))
            #expect(event.sourceID == source.id && event.snapshotNumber == newest.number && event.snapshotID == newest.id)
            #expect(try store.catalogue.lastRuns(now: scene.clock.now)[source.id]?.latest == nil, "by hand it is not the schedule's")
            _ = try store.create(CreateRequest(sources: [source], origin: .run, ifChanged: 1))
            #expect(try store.catalogue.lastRuns(now: scene.clock.now)[source.id]?.unchanged == scene.clock.now)
            #expect(try store.catalogue.count() == 1)
            try scene.expectSettled(store)
            // Not synced, and the same size.
            try write(source.imagePath, at: 0, blocks: 2)
            let below = try create([source], store, limit: 2 * Self.block + 1)
            #expect(below.snapshots.isEmpty && below.unchanged.map(\.differingBytes) == [2 * Self.block])
            #expect(try create([source], store, limit: 2 * Self.block).snapshots.map(\.snapshot.number.value) == [2])
            #expect(try create([source], store).unchanged.map(\.newest.number.value) == [2])
        }
    }

    @Test("the lease on an image that has not changed is given back, though a child that was forked meanwhile has the descriptor, too")
    func lease() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(.xfs))
            let source = try scene.source(in: try scene.store())
            try scene.store().take(source)
            let shared = Mutex<CInt>(-1)
            var kernel = scene.kernel
            let base = kernel.takeLease
            kernel.takeLease = { (descriptor) throws(Errno) in
                try base(descriptor)
                // As fork(2) does, this gives one more number to what is open.
                shared.withLock { $0 = fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
            }
            #expect(try create([source], try scene.store(kernel)).unchanged.count == 1)
            let copy = shared.withLock(\.self)
            try #require(copy >= 0)
            defer { close(copy) }
            let writer = open(source.imagePath.string, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            #expect(writer >= 0, "\(Errno(rawValue: errno))")
            if writer >= 0 { close(writer) }
        }
    }

    @Test("holes that are punched, growth, shrinking and moved extents are changes", arguments: [Filesystem.xfs, .btrfs])
    func kinds(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let store = try scene.store()
            let source = try scene.source(in: store)
            let path = source.imagePath.string
            try store.take(source)
            func expectDiffering(_ bytes: Int64, _ what: String) throws {
                #expect(try create([source], store, limit: .max).unchanged.map(\.differingBytes) == [bytes], "\(what)")
                #expect(try create([source], store, limit: max(bytes, 1)).snapshots.count == 1, "\(what)")
                #expect(try create([source], store).snapshots.isEmpty, "\(what)")
            }
            try Command.run("fallocate", ["--punch-hole", "--offset", "65536", "--length", "16384", path])
            try expectDiffering(16384, "a hole")
            try Command.run("truncate", ["--size=+1M", path])
            try expectDiffering(1 << 20, "growth by a hole")
            try Command.run("fallocate", ["--offset", "204800", "--length", "65536", path])
            #expect(try create([source], store).unchanged.map(\.differingBytes) == [0], "allocated and not written reads as a hole")
            try Command.run("truncate", ["--size=196608", path])
            try expectDiffering(1 << 20, "shrinking")
            // The same content in another place, as after defragmentation.
            let copy = scene.directory.appending("copy").string
            try Command.run("cp", ["--reflink=never", "--", path, copy])
            try Command.run("dd", ["if=\(copy)", "of=\(path)", "bs=16K", "count=1", "conv=notrunc,fsync", "status=none"])
            try expectDiffering(16384, "moved")
        }
    }

    /// An empty image whose writes btrfs compresses.
    private func compressedImage(_ scope: TestScope, _ scene: StoreScene) throws -> FilePath {
        let path = scene.directory.appending("home.img")
        try scope.write("", to: path)
        try Command.run("chattr", ["+c", path.string])
        return path
    }

    @Test("compressed extents that were not touched are the same")
    func compressed() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(.btrfs))
            let store = try scene.store()
            let path = try compressedImage(scope, scene)
            try scene.write("a", to: path)
            let source = try store.findOrPropose(.path(path))
            try store.take(source)
            let map = try OpenFile(path.string, kernel: .linux)
            let extents = try ExtentMap.read(map.descriptor, path: path.string, sync: .writeOut).extents
            #expect(extents.contains { $0.flags.contains(.encoded) })
            #expect(try create([source], store).snapshots.isEmpty)
            try write(path, at: 0, blocks: 1)
            #expect(try create([source], store).snapshots.count == 1)
        }
    }

    @Test("a piece of a compressed extent in the place of another one is a change, though FIEMAP shows both at one address")
    func compressedPieces() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(.btrfs))
            let store = try scene.store()
            let path = try compressedImage(scope, scene)
            func write(_ letter: Character, at offset: Int, bytes: Int) throws {
                let file = try FileDescriptor.open(path, .writeOnly)
                try file.closeAfter {
                    _ = try file.writeAll(toAbsoluteOffset: Int64(offset), Array(String(repeating: letter, count: bytes).utf8))
                }
                try Command.run("sync", [path.string])
            }
            // One extent of two halves, its second half overwritten, and the first replaced by what the second one was, as a program that finds
            // equal blocks does it.
            let half = 65536
            let file = try FileDescriptor.open(path, .writeOnly)
            try file.closeAfter {
                let halves: [Character] = ["a", "b"]
                _ = try file.writeAll(halves.flatMap { String(repeating: $0, count: half).utf8 })
            }
            try Command.run("sync", [path.string])
            let source = try store.findOrPropose(.path(path))
            let first = try #require(try store.take(source).snapshot.path)
            try write("c", at: half, bytes: half)
            let second = try #require(try store.take(source).snapshot.path)
            try Command.run("xfs_io", ["-c", "reflink \(first) \(half) 0 \(half)", path.string])

            let maps = try [path, second].map { path in
                let file = try OpenFile(path.string, kernel: .linux)
                return try ExtentMap.read(file.descriptor, path: path.string, sync: .writeOut).extents.map {
                    [$0.logical, $0.physical, $0.length]
                }
            }
            try #require(maps[0] == maps[1] && maps[0].count == 2, "the maps don't show what this is about: \(maps)")
            #expect(!FileManager.default.contentsEqual(atPath: path.string, andPath: second.string))
            // As much as differs counts, and no more.
            #expect(try create([source], store, limit: Int64(half) + 1).unchanged.map(\.differingBytes) == [Int64(half)])
            #expect(try create([source], store).snapshots.count == 1)
            #expect(try create([source], store).snapshots.isEmpty)
            try write("d", at: 4096, bytes: 4096)
            #expect(try create([source], store, limit: 4097).unchanged.map(\.differingBytes) == [4096])
            #expect(try create([source], store).snapshots.count == 1)
        }
    }

    @Test("of a group all or none are taken")
    func group() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let sources = try ["a", "b"].map { try scene.source($0, in: store) }
            #expect(try create(sources, store).snapshots.count == 2)
            #expect(try create(sources, store).unchanged.map(\.newest.number.value) == [1, 2])
            #expect(try store.log(EventFilter(kind: .unchanged)).count == 2)
            try write(sources[1].imagePath, at: 0, blocks: 1)
            let report = try create(sources, store)
            #expect(report.snapshots.count == 2 && report.unchanged.isEmpty)
            #expect(try store.log(EventFilter(kind: .unchanged)).count == 2)
        }
    }

    @Test("when the newest is missing, is not what it should be, or its map can't be had, one is taken")
    func doubt() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            let first = try store.take(source)
            let path = try #require(first.snapshot.path)
            try Command.run("chattr", ["-i", path.string])
            try Command.run("mv", ["--", path.string, path.string + ".away"])
            #expect(try create([source], store).snapshots.map(\.snapshot.number.value) == [2])
            let second = try #require(try store.row(2).path)
            try Command.run("chattr", ["-i", second.string])
            try Command.run("setfattr", ["--remove=trusted.losnap", second.string])
            #expect(try create([source], store).snapshots.map(\.snapshot.number.value) == [3])
            #expect(try create([source], store).snapshots.isEmpty)
        }
    }

    @Test("what can't be written out is an error, not a change", arguments: [Errno.ioError, .noSpace])
    func syncFails(errno: Errno) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let source = try scene.source(in: try scene.store())
            try scene.store().take(source)
            let kernel = RecordingKernel(scene.kernel, .matching { $0.name == "synchronizeData" ? errno : nil })
            #expect(errorCode { _ = try create([source], try scene.store(kernel.kernel)) } == (errno == .ioError ? "input_output" : "full"))
            #expect(try scene.store().catalogue.count() == 1)
        }
    }
}
