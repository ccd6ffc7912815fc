// A catalogue that knows less than the snapshot directories: rebuilt, or an older copy of itself. The rules: no number is given again, and a source that
// it does not know comes back by its directory.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: a catalogue that knows less", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreOlderCopyTests {
    @Test("a rebuilt catalogue does not give the numbers of snapshots that were deleted")
    func deletedNumbers() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try StoreScene.precious(scope)
            let other = try scene.source("other", in: store)
            try store.take(other)
            let last = try store.list().suffix(2)
            #expect(last.map(\.snapshot.number.value) == [3, 4])
            #expect(try store.delete(Array(last)).failed.isEmpty)
            try scene.lose(store)
            // Of the other source no snapshot is left, but its directory.
            try scene.rebuild()
            let rebuilt = try scene.store(mode: .writing)
            #expect(try rebuilt.take(source).snapshot.number.value == 5)
        }
    }

    @Test("an older copy of the catalogue does not give numbers of the directory again, and its orphans keep theirs")
    func olderCopy() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try StoreScene.precious(scope, 1)
            try store.catalogue.close()
            let copy = scene.state.appending("copy").string
            try FileManager.default.copyItem(atPath: scene.catalogue.string, toPath: copy)
            let later = try scene.store()
            for _ in 2...3 {
                scene.clock.advance(hours: 1)
                try later.take(source)
            }
            try scene.lose(later)
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
        try scene.lose(later)
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
            expectError("catalogue_in_use", .failed) { try scene.rebuild() }
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
            let (_, store, source) = try StoreScene.precious(scope)
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
