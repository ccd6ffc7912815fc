// The operations that are made to fail: for each a scene before it, the operation itself, and what may be true afterwards.

import CloneCore
import Foundation
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

/// An operation under faults.
enum FaultCase: String, CaseIterable, Sendable {
    case createFirst, create, createGroup, createIfChanged, createUnchanged, delete, prune, hold, release, label, restoreInPlace
    case restoreDeleted, restoreTo, repair

    /// The scene before: two sources, three snapshots of `home` of which the first is held.
    func prepare(_ scene: StoreScene) throws {
        let store = try scene.store()
        let home = try scene.source("home", in: store)
        let other = try scene.source("other", in: store)
        guard self != .createFirst else { return }
        _ = try store.hold(try store.take(home), try Hold(reason: "keep"))
        for letter: Character in ["b", "c"] {
            scene.clock.advance(hours: 25)
            try scene.write(letter, to: home.imagePath)
            try store.take(home)
        }
        try store.take(other)
        scene.clock.advance(hours: 1)
        try scene.write("d", to: home.imagePath)
        switch self {
        case .restoreDeleted: try Command.run("rm", [home.imagePath.string])
        case .repair: try tear(scene, store, home)
        default: break
        }
    }

    /// Leaves what crashes leave: a pending row with its file, one without, a removal half done, a record ahead of its row.
    private func tear(_ scene: StoreScene, _ store: Store, _ home: Source) throws {
        let place = try SnapshotPlace.open(SnapshotPlace.path(of: home), kernel: scene.kernel)
        let draft = SnapshotDraft(
            id: .random(), sourceID: home.id, imagePath: home.imagePath, directory: place.directory, begunAt: scene.clock.now,
            origin: .manual, consistency: .unmounted, image: Sample.image)
        _ = try store.catalogue.begin(draft)
        let third = try store.row(3)
        _ = try store.catalogue.markDeleting(third.number, Removal(kind: .deleted, reason: "by name"))
        let second = try store.row(2)
        let (file, _) = try place.open(try #require(second.fileName), expecting: second.id)
        _ = try store.write(second.description.revised { $0.label = try? Label(parsing: "ahead") }, to: file, of: second)
    }

    /// Does it.
    func run(_ store: Store, _ scene: StoreScene) throws {
        func listed(_ number: Int64) throws -> ListedSnapshot { store.measure([try store.row(number)])[0] }
        let home = try store.find(SourceReference(parsing: "home"))
        let other = try store.find(SourceReference(parsing: "other"))
        switch self {
        case .createFirst, .create: _ = try store.create(CreateRequest(sources: [home]))
        case .createGroup: _ = try store.create(CreateRequest(sources: [home, other]))
        case .createIfChanged: _ = try store.create(CreateRequest(sources: [home], ifChanged: 1))
        case .createUnchanged: _ = try store.create(CreateRequest(sources: [other], ifChanged: 1))
        case .delete:
            let report = try store.delete([try listed(2), try listed(3)])
            if let failed = report.failed.first { throw failed.error }
        case .prune:
            var keep = Keep()
            keep.last = .count(1)
            let report = try store.prune(PruneRequest(source: home, keep: keep, scope: .all, timeZone: .gmt))
            if let failed = report.failed.first { throw failed.error }
        case .hold: _ = try store.hold(try listed(2), try Hold(reason: "now"))
        case .release: _ = try store.release(try listed(1))
        case .label: _ = try store.label(try listed(1), try Label(parsing: "named"))
        case .restoreInPlace, .restoreDeleted: _ = try store.restore(try listed(1), to: .inPlace)
        case .restoreTo: _ = try store.restore(try listed(1), to: .newFile(scene.directory.appending("new.img")))
        case .repair:
            let report = try store.repair(RepairRequest())
            if let failed = report.failed.first { throw failed.error }
        }
    }

    /// Numbers that must still be there, complete and whole, whatever happened.
    var untouchable: Set<Int64> {
        switch self {
        case .createFirst: []
        case .delete, .prune: [1, 4]
        case .repair: [1, 2, 4]
        default: [1, 2, 3, 4]
        }
    }

    /// What the image may hold afterwards; nil: it may be gone.
    var imageLetters: [Character?] {
        switch self {
        case .createFirst: ["a"]
        case .restoreInPlace: ["d", "a"]
        case .restoreDeleted: [nil, "a"]
        default: ["d"]
        }
    }

    /// Whether the first snapshot must be held still.
    var keepsHold: Bool { self != .createFirst && self != .release }

    /// Whether the error of a second try shows that the first had done it, though it failed at the end.
    func isDone(_ error: SnapshotsError) -> Bool {
        switch (self, error) {
        case (.delete, .unknownSnapshot), (.restoreTo, .fileExists): true
        default: false
        }
    }
}
