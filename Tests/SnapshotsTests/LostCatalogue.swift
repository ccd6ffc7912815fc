// Scenes whose catalogue is lost and made anew.

import CloneCore
import Glibc
import Policy
import SystemPackage
import TestSupport

@testable import Snapshots

extension StoreScene {
    /// A source with that many snapshots.
    static func precious(_ scope: TestScope, _ count: Int = 3) throws -> (StoreScene, Store, Source) {
        let scene = try StoreScene(on: scope.memoryPool())
        let store = try scene.store()
        return (scene, store, try scene.source(in: store, taken: count) { $0.label = try Label(parsing: "precious") })
    }

    /// Takes the catalogue away, which the store has open.
    func lose(_ store: Store) throws {
        try store.catalogue.close()
        for ending in ["", "-wal", "-shm"] { unlink(catalogue.string + ending) }
    }

    /// Makes it anew from the snapshots.
    @discardableResult
    func rebuild(_ kernel: Kernel? = nil, waits: Bool = true) throws -> RebuildReport {
        try rebuildCatalogue(from: [directory], options: options(kernel, waits: waits))
    }
}
