// Sources over their life, snapshots found by every form of reference, and records that somebody made up.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

/// How many descriptors are open at once, at most.
private final class OpenCount: @unchecked Sendable {
    private var now = 0
    private var most = 0
    private let lock = NSLock()

    func add(_ difference: Int) {
        lock.withLock {
            now += difference
            most = max(most, now)
        }
    }

    /// The most that were open while `body` ran.
    func most(in body: () throws -> Void) throws -> Int {
        let before = lock.withLock { () -> Int in
            most = now
            return now
        }
        try body()
        return lock.withLock { most } - before
    }
}

@Suite("Store: sources and references", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreSourceTests {
    @Test("a list opens the directories of its sources one after the other, so that there may be any number")
    func openDirectories() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let count = OpenCount()
            var kernel = scene.kernel
            kernel.open = { (directory, name, flags, mode) throws(Errno) in
                let descriptor = try Kernel.linux.open(directory, name, flags, mode)
                count.add(1)
                return descriptor
            }
            kernel.close = { descriptor in
                count.add(-1)
                Kernel.linux.close(descriptor)
            }
            let store = try scene.store(kernel)
            var most: [Int] = []
            for name in ["one", "two", "three", "four"] {
                try store.take(try scene.source(name, in: store))
                var listed: [ListedSnapshot] = []
                most.append(try count.most { () throws in listed = try store.list() })
                #expect(listed.allSatisfy { $0.presence == .present })
            }
            #expect(most[0] > 0 && Set(most).count == 1, "\(most)")
        }
    }

    @Test("renamed and moved: old snapshots stay where they are, pruning goes over all directories, a chosen directory stays chosen")
    func moving() throws {
        try TestScope.with { scope in
            let pool = try scope.memoryPool()
            let scene = try StoreScene(on: pool)
            let store = try scene.store()
            let first = try scene.source(in: store)
            try store.take(first)
            let renamed = try store.renameSource(try store.find(.name(first.name)), to: try SourceName(parsing: "house"))
            #expect(try store.take(renamed).snapshot.directory.path.lastComponent?.string == "home")
            let other = pool.appending("other")
            mkdir(other.string, 0o700)
            try Command.run("mv", [renamed.imagePath.string, other.string])
            let moved = try store.moveSource(renamed, image: other.appending("home.img"), directory: nil)
            let beside = other.appending(".losnap").appending("house")
            #expect(try store.take(moved).snapshot.directory.path == beside)
            let chosen = try store.moveSource(try store.find(.name(renamed.name)), image: nil, directory: pool.appending("chosen"))
            #expect(try store.take(chosen).snapshot.directory.path == pool.appending("chosen"))
            try Command.run("mv", [other.appending("home.img").string, scene.directory.string])
            let back = try store.moveSource(chosen, image: scene.directory.appending("home.img"), directory: nil)
            #expect(back.snapshotDirectory == pool.appending("chosen"))
            var keep = Keep()
            keep.last = .count(1)
            let report = try store.prune(PruneRequest(source: back, keep: keep, scope: .all, timeZone: .gmt))
            #expect(report.removed.map(\.snapshot.number.value).sorted() == [1, 2, 3] && report.failed.isEmpty)
            expectError("image_taken", .usage) {
                let second = try scene.source("second", in: store)
                let link = scene.directory.appending("hard.img")
                Glibc.link(back.imagePath.string, link.string)
                _ = try store.moveSource(second, image: link, directory: nil)
            }
        }
    }

    @Test("an image that another process registers meanwhile: told to try again, and then there is one source")
    func registeredMeanwhile() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let image = SourceReference.path(try scene.image())
            let stale = try store.findOrPropose(image)
            let other = try scene.store()
            try other.take(try other.findOrPropose(image))
            expectError("locked", .busy) { try store.take(stale) }
            #expect(try store.take(try store.findOrPropose(image)).snapshot.number.value == 2)
            #expect(try store.catalogue.sources(.all).count == 1)
        }
    }

    @Test("every form of reference")
    func references() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            for _ in 0..<3 {
                try store.take(source)
                scene.clock.advance(hours: 24)
            }
            _ = try store.label(try store.list()[1], try Label(parsing: "middle"))
            let day = String(Sample.now.description.prefix(10))
            let forms = [
                "2": 2, "home@2": 2, "home@latest": 3, "home@latest~1": 2, "home@oldest": 1, "home@\(day)": 1, "home@2d": 2,
                "home@middle": 2,
                "\(source.imagePath)@latest": 3,
            ]
            for (text, number) in forms {
                let found = try store.find(try SnapshotReference(parsing: text), timeZone: .gmt)
                #expect(found.snapshot.number.value == Int64(number) && found.presence == .present, "\(text)")
            }
            expectError("unknown_snapshot", .notFound) {
                _ = try store.find(try SnapshotReference(parsing: "home@nothing"), timeZone: .gmt)
            }
            let details = try store.details(of: try store.list()[0])
            #expect(details.sharedBytes == Int64(StoreScene.size) && details.exclusiveBytes == 0 && details.isImmutable == true)
        }
    }

    @Test("a record that lies about paths, names and numbers leads nowhere but to its own directory")
    func hostileRecords() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            let other = try scene.source("other", in: store)
            for item in [source, source, source, other] { try store.take(item) }
            let before = listDirectory(scene.directory.string).sorted()
            let rows = try store.catalogue.snapshots(.complete(of: source.id))
            let lies: [(String, String)] = [
                ("\"image_path\":\"\(source.imagePath)\"", "\"image_path\":\"/../../etc/passwd\""),
                ("\"source\":\"\(source.id)\"", "\"source\":\"\(other.id)\""),
                ("\"number\":3", "\"number\":9007199254740991"),
            ]
            for (row, lie) in zip(rows, lies) {
                let file = try OpenFile(try #require(row.path).string, kernel: .linux)
                let text = String(decoding: try Kernel.linux.getXattr(file.descriptor, "trusted.losnap"), as: UTF8.self)
                try #require(text.contains(lie.0))
                try Kernel.linux.clearImmutable(file)
                try Kernel.linux.setXattr(file.descriptor, "trusted.losnap", Array(text.replacing(lie.0, with: lie.1).utf8))
                try store.catalogue.forget(row.number, event: store.occasion(.forgotten))
            }
            let steps = try store.repair(RepairRequest()).steps
            #expect(steps.map(\.kind.rawValue).sorted() == ["adopted", "unreadable", "unreadable"])
            #expect(try store.catalogue.snapshots(.complete(of: source.id)).allSatisfy { $0.number.value < 100 })
            #expect(try store.take(source).snapshot.number.value < 100)
            #expect(listDirectory(scene.directory.string).sorted() == before)
        }
    }

    @Test("a clone made by hand is taken in with the time of its last change")
    func adopting() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            let old = try scene.image("old.img", filledWith: "o")
            try Command.run("touch", ["-d", "2020-01-02T03:04:05Z", old.string])
            let adopted = try #require(store.adopt(files: [old], into: source, takenAt: nil).snapshots.first).snapshot
            #expect(adopted.origin == .adopted && adopted.takenAt.description.hasPrefix("2020-01-02T03:04:05"))
            #expect(StoreScene.letter(in: try #require(adopted.path)) == "o" && access(old.string, F_OK) == 0)
            try scene.expectSettled(store)
        }
    }
}
