// The log tells of every change of a snapshot's fate: what was done, by which command, and why.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: the log", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreLogTests {
    private func world(_ scope: TestScope) throws -> (StoreScene, Store, Source) {
        let scene = try StoreScene(on: scope.memoryPool())
        let store = try scene.store()
        let source = try scene.source(in: store)
        try store.take(source)
        return (scene, store, source)
    }

    private func write(_ store: Store, _ description: SnapshotDescription, to number: Int64) throws {
        let row = try store.row(number)
        let (file, _) = try store.presentPlace(of: row).open(try #require(row.fileName), expecting: row.id)
        _ = try store.write(description, to: file, of: row)
    }

    private func lastKinds(_ store: Store, _ count: Int) throws -> [EventKind] {
        try store.log().suffix(count).map(\.occasion.kind)
    }

    @Test("a clone that was taken in is adopted, not created, and its file is named")
    func adopted() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let clone = try scene.image("old.img")
            _ = store.adopt(files: [clone], into: source, takenAt: scene.clock.now)
            let event = try #require(try store.log().last)
            #expect(event.occasion.kind == .adopted && event.occasion.reason == clone.string && event.occasion.command == "test")
            #expect(event.snapshotNumber?.value == 2 && event.sourceID == source.id)
        }
    }

    @Test("a record that is made to follow its row is told, and so is the other way round")
    func settled() throws {
        try TestScope.with { scope in
            let (_, store, _) = try world(scope)
            let before = try store.row(1).description
            let row = before.revised { $0.label = try? Label(parsing: "of the row") }
            try store.catalogue.describe(try store.row(1).number, row, event: store.occasion(.labelled))
            #expect(try store.repair(RepairRequest()).steps.map(\.kind) == [.settled])
            #expect(try lastKinds(store, 2) == [.labelled, .settled])
            #expect(try store.log().last?.snapshotNumber?.value == 1)
            try write(store, row.revised { $0.label = try? Label(parsing: "of the record") }, to: 1)
            #expect(try store.repair(RepairRequest()).steps.map(\.kind) == [.settled])
            #expect(try lastKinds(store, 2) == [.settled, .settled])
        }
    }

    @Test("a hold that only the record had, and that a change takes over, is told besides the change")
    func takenOver() throws {
        try TestScope.with { scope in
            let (_, store, _) = try world(scope)
            try write(store, try store.row(1).description.revised { $0.hold = try? Hold() }, to: 1)
            let listed = try store.label(try store.listed(try store.row(1).number), try Label(parsing: "named"))
            #expect(listed.snapshot.hold != nil)
            #expect(try lastKinds(store, 2) == [.settled, .labelled])
            _ = try store.release(listed)
            #expect(try lastKinds(store, 2) == [.labelled, .released])
        }
    }

    @Test("a source that moves is told once for each thing that moves, with where to")
    func sourceMoved() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let image = try scene.image("moved.img")
            func reasons(_ body: () throws -> Void) throws -> [String?] {
                let before = try store.log().count
                try body()
                let new = try store.log().dropFirst(before)
                #expect(new.allSatisfy { $0.occasion.kind == .sourceMoved })
                return new.map(\.occasion.reason)
            }
            #expect(try reasons { _ = try store.moveSource(source, image: image, directory: nil) } == [image.string])
            let directory = scene.directory.appending("elsewhere")
            let moved = try #require(try store.catalogue.source(id: source.id))
            #expect(try reasons { _ = try store.moveSource(moved, image: nil, directory: directory) } == [directory.string])
        }
    }
}
