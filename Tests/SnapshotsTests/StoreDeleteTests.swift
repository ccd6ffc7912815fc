// Deleting, and the part of a record that people change.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: delete, describe", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreDeleteTests: PruningTests {
    @Test("what another process has deleted meanwhile is told, and the others are deleted all the same")
    func deletedMeanwhile() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            _ = try scene.source(in: store, taken: 4)
            let listed = try store.list()
            let other = try scene.store()
            #expect(try other.delete([listed[1]]).removed.count == 1)
            let report = try store.delete(Array(listed[0...2]))
            #expect(report.removed.map(\.snapshot.number.value) == [1, 3])
            #expect(report.failed.map(\.snapshot.snapshot.number.value) == [2])
            #expect(report.failed.map(\.error.code) == ["unknown_snapshot"])
            #expect(scene.files().count == 1)
            try scene.expectSettled(store)
        }
    }

    @Test("held ones are not deleted, whichever of row and record says so; a missing held one neither")
    func heldStays() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try daily(scene, store, 3)
            let stale = try store.list()
            _ = try store.hold(stale[0], try Hold(reason: "row and record"))
            expectError("held", .failed) { _ = try store.delete([try store.listed(stale[0].snapshot.number)]) }
            // Only the record says so, as after a crash.
            let second = try store.row(2)
            let place = try store.presentPlace(of: second)
            let (file, _) = try place.open(try #require(second.fileName), expecting: second.id)
            try store.write(second.description.revised { $0.hold = try? Hold() }, to: file, of: second)
            let report = try store.delete([stale[1], stale[2]])
            #expect(report.failed.map(\.error.code) == ["held"] && report.removed.map(\.snapshot.number.value) == [3])
            // Held, and its file gone: the list that the caller holds is older than the hold.
            let path = try #require(stale[0].snapshot.path)
            try Command.run("chattr", ["-i", path.string])
            try Command.run("rm", [path.string])
            #expect(try store.delete([stale[0]]).failed.map(\.error.code) == ["held"])
            #expect(try store.prune(request(source) { $0.last = .count(1) }).removed.isEmpty)
        }
    }

    @Test("hold, label and tags are in row and record with one revision; the flag is set again; stale lists do no harm")
    func describe() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            _ = try daily(scene, store, 1)
            let stale = try store.list()[0]
            let path = try #require(stale.snapshot.path)
            _ = try store.tag(stale, adding: [try Tag(parsing: "one")], removing: [])
            _ = try store.tag(stale, adding: [try Tag(parsing: "two")], removing: [])
            _ = try store.hold(stale, try Hold(reason: "why", until: scene.clock.now.advanced(byMilliseconds: 1000)))
            let changed = try store.label(stale, try Label(parsing: "named"))
            #expect(changed.snapshot.tags.map(\.text) == ["one", "two"] && changed.snapshot.revision.value == 5)
            #expect(try scene.record(at: path).description == changed.snapshot.description)
            #expect(try scene.isImmutable(path))
            let released = try store.release(stale)
            #expect(released.snapshot.snapshot.hold == nil && released.wasHeld)
            #expect(try store.log().suffix(5).map(\.occasion.kind.rawValue) == ["tagged", "tagged", "held", "labelled", "released"])
            #expect(try scene.record(at: path).description.hold == nil)
            // Of what is not held there is nothing to release, and nothing to tell.
            #expect(try !store.release(stale).wasHeld)
            #expect(try store.log().suffix(2).map(\.occasion.kind.rawValue) == ["labelled", "released"])
            try scene.expectSettled(store)
        }
    }
}
