// Bad input at the level of the store, each with its error, its category (from which the exit status follows) and a hint. Nothing may be
// made, and nothing touched, where something is refused.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: bad input", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreBadInputTests {
    @Test("what is no image")
    func images() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let place = scene.directory
            mkfifo(place.appending("fifo.img").string, 0o600)
            try scope.write("", to: place.appending("empty.img"))
            let bad: [(String, String, ErrorCategory)] = [
                (place.appending("none.img").string, "no_such_file", .notFound),
                (place.appending("fifo.img").string, "not_an_image", .usage),
                (place.appending("empty.img").string, "empty_image", .usage), ("/dev/null", "not_an_image", .usage),
                (place.string, "not_a_mount_point", .usage),
            ]
            for (path, code, category) in bad {
                expectError(code, category) { _ = try store.findOrPropose(.path(FilePath(path))) }
            }
            try scene.image("..img")
            expectError("no_name_from_image", .usage) { _ = try store.findOrPropose(.path(place.appending("..img"))) }
            expectError("unknown_source", .notFound) { _ = try store.find(.name(try SourceName(parsing: "nobody"))) }
            #expect(try store.sources().isEmpty)
            #expect(access(place.appending(".losnap").string, F_OK) != 0)
        }
    }

    @Test("pools that can't share blocks: nothing is made there", arguments: [Filesystem.ext4, .xfsWithoutReflink, .tmpfs])
    func pools(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = kind == .tmpfs ? try scope.pool(.tmpfs, size: 64 << 20).path : try scope.memoryPool(kind)
            chmod(pool.string, 0o755)
            let scene = try StoreScene(on: pool, state: scope.freshPath("state"))
            let store = try scene.store()
            let source = try scene.source(in: store)
            expectError("cannot_share_blocks", .pool) { try store.take(source) }
            #expect(listDirectory(scene.directory.string) == ["home.img"])
        }
    }

    @Test("a snapshot directory on another filesystem, of others, writable by others, behind a link, of another source or catalogue")
    func directories() throws {
        try TestScope.with { scope in
            let pool = try scope.memoryPool()
            let scene = try StoreScene(on: pool)
            let store = try scene.store()
            let source = try scene.source(in: store)
            func refuses(_ code: String, _ category: ErrorCategory, _ directory: FilePath, _ change: () throws -> Void = {}) throws {
                mkdir(directory.string, 0o700)
                try change()
                let moved = try store.moveSource(source, image: nil, directory: directory)
                let before = listDirectory(directory.string)
                expectError(code, category) { try store.take(moved) }
                #expect(listDirectory(directory.string) == before)
            }
            // Whether it is there or not.
            let elsewhere = try scope.memoryPool()
            for directory in [elsewhere, elsewhere.appending("not-yet")] {
                expectError("different_filesystem", .pool) { _ = try store.moveSource(source, image: nil, directory: directory) }
                expectError("different_filesystem", .pool) {
                    let name = try SourceName(parsing: "elsewhere")
                    _ = try store.addSource(name: name, image: try scene.image("elsewhere.img"), directory: directory)
                }
            }
            let exposed = pool.appending("exposed")
            try refuses("directory_exposed", .permission, exposed) { chmod(exposed.string, 0o770) }
            let others = pool.appending("others")
            try refuses("directory_exposed", .permission, others) { chown(others.string, 1234, 0) }
            let beneath = others.appending("beneath")
            try refuses("directory_exposed", .permission, beneath)
            let other = try scene.source("other", in: store)
            let taken = try store.take(other).snapshot.directory.path
            try refuses("directory_of_another_source", .failed, taken)
            let stranger = try StoreScene(on: pool, "stranger")
            let strangers = try stranger.store()
            let foreign = try strangers.take(try stranger.source(in: strangers)).snapshot.directory.path
            try refuses("directory_of_another_catalogue", .failed, foreign)
            // A link is followed when it is named, once; one that comes later is not.
            let place = pool.appending("place")
            mkdir(place.string, 0o700)
            let moved = try store.moveSource(source, image: nil, directory: place)
            try store.take(moved)
            try Command.run("mv", [place.string, pool.appending("real").string])
            symlink(pool.appending("real").string, place.string)
            #expect(try store.list(SnapshotFilter(sources: [source.id])).map(\.presence) == [.unavailable])
            expectError("not_a_directory", .usage) { try store.take(moved) }
        }
    }

    @Test("a source that is proposed is registered with its first snapshot, and not if that fails")
    func proposed() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let path = try scene.image("home.img")
            let failing = RecordingKernel(scene.kernel, .matching { $0.name == "link" ? .ioError : nil })
            let store = try scene.store(failing.kernel)
            let source = try store.findOrPropose(.path(path))
            #expect(try store.sources().isEmpty)
            expectError("input_output", .io) { try store.take(source) }
            #expect(try store.sources().isEmpty)
            let working = try scene.store()
            try working.take(try working.findOrPropose(.path(path)))
            #expect(try working.sources().map(\.source.name.text) == ["home"])
        }
    }

    @Test("an empty directory that a forgotten source left behind is taken over")
    func leftBehind() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let first = try scene.source(in: store)
            _ = try store.delete([try store.take(first)])
            try store.removeSource(first, .withoutSnapshots)
            let second = try store.findOrPropose(.path(first.imagePath))
            #expect(second.id != first.id)
            try store.take(second)
            expectError("source_has_snapshots", .failed) { try store.removeSource(second, .withoutSnapshots) }
        }
    }

    @Test("a pool that is not mounted, or replaced by another with the same paths: unavailable, nothing is made or removed")
    func replacedPool() throws {
        try TestScope.with { scope in
            let memory = try scope.pool(.tmpfs, size: 2 << 30)
            chmod(memory.path.string, 0o755)
            let point = try scope.freshDirectory("point")
            let mounts = try ["one", "two"].map { name in
                let file = memory.path.appending(name)
                try scope.makeSparseFile(file, size: 320 << 20)
                try Filesystem.xfs.make(on: file)
                let mount = try scope.mount(try scope.attach(file).path, .xfs, at: point)
                try mount.unmount()
                return mount
            }
            try mounts[0].mountAgain()
            let scene = try StoreScene(on: point, state: scope.freshPath("state"))
            let store = try scene.store()
            let source = try scene.source(in: store)
            for _ in 0..<2 { try store.take(source) }
            try mounts[0].unmount()
            func expectUnavailable(_ code: String, _ category: ErrorCategory) throws {
                #expect(try store.list().map(\.presence) == [.unavailable, .unavailable])
                let source = try store.find(.name(source.name))
                expectError(code, category) { try store.take(source) }
                expectError("unavailable", .pool) { _ = try store.delete(try store.list()) }
                var keep = Keep()
                keep.last = .count(1)
                let request = PruneRequest(source: source, keep: keep, scope: .all, timeZone: .gmt)
                expectError("unavailable", .pool) { _ = try store.prune(request) }
                expectError("unavailable", .pool) { _ = try store.hold(try store.list()[0], try Hold()) }
                let steps = try store.repair(RepairRequest(forgetsMissing: true)).steps
                #expect(steps.map(\.kind) == [.unavailable, .unavailable])
            }
            try expectUnavailable("no_such_file", .notFound)
            try mounts[1].mountAgain()
            mkdir(scene.directory.string, 0o700)
            try scene.image()
            try expectUnavailable("pool_changed", .pool)
            #expect(listDirectory(scene.directory.string) == ["home.img"])
            try mounts[1].unmount()
            try mounts[0].mountAgain()
            try scene.expectSettled(store)
            #expect(try store.list().count == 2)
        }
    }

    @Test("a snapshot file that was replaced by a link, another file or another snapshot is left alone")
    func replacedFile() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            for _ in 0..<3 { try store.take(source) }
            let paths = try (1...3).map { try #require(try store.row($0).path) }
            for path in paths { try Command.run("chattr", ["-i", path.string]) }
            let victim = scene.directory.appending("victim")
            try scope.write("precious", to: victim)
            unlink(paths[0].string)
            symlink(victim.string, paths[0].string)
            unlink(paths[1].string)
            try scope.write("another", to: paths[1])
            unlink(paths[2].string)
            link(victim.string, paths[2].string)
            let listed = try store.list()
            #expect(listed.map(\.presence) == [.missing, .present, .present])
            let report = try store.delete(Array(listed[1...]))
            #expect(report.removed.isEmpty && report.failed.allSatisfy { $0.error.category == .data })
            expectError("not_the_snapshot", .data) { _ = try store.restore(listed[1], to: .newFile(scene.directory.appending("new"))) }
            #expect(FileManager.default.contents(atPath: victim.string) == Data("precious".utf8))
            #expect(access(paths[1].string, F_OK) == 0)
            #expect(try store.delete([listed[0]]).removed.count == 1)
            #expect(access(victim.string, F_OK) == 0)
        }
    }
}
