// Full disks: a full pool leaves nothing half there and lets go of snapshots all the same; a full disk under the catalogue does not keep
// `prune` and `delete` from making room.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: full disks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreFullDiskTests {
    /// Writes until nothing more fits.
    private func fill(_ directory: FilePath) throws {
        let file = try FileDescriptor.open(directory.appending("filler"), .writeOnly, options: [.create], permissions: [.ownerReadWrite])
        try file.closeAfter {
            for size in [1 << 20, 4096, 1] {
                let bytes = [UInt8](repeating: 0x5A, count: size)
                do {
                    while true { _ = try bytes.withUnsafeBytes { try file.write($0) } }
                } catch Errno.noSpace {}
            }
            fsync(file.rawValue)
        }
    }

    @Test("a full pool", arguments: [Filesystem.xfs, .btrfs])
    func pool(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind), state: scope.pool(.tmpfs, size: 64 << 20).path.appending("state"))
            let store = try scene.store()
            let source = try scene.source(in: store)
            for _ in 0..<3 { try store.take(source) }
            try fill(scene.directory)
            // A clone may still fit; what does not leaves nothing.
            do throws(SnapshotsError) {
                _ = try store.create(CreateRequest(sources: [source]))
            } catch {
                #expect(error.category == .full)
                expectExplained(error, "create")
            }
            try scene.expectSettled(store)
            let held = try store.hold(try store.list()[0], try Hold(reason: String(repeating: "long ", count: 40)))
            #expect(held.snapshot.hold != nil)
            #expect(try store.delete([try store.list()[1]]).failed.isEmpty)
            var keep = Keep()
            keep.last = .count(1)
            #expect(try store.prune(PruneRequest(source: source, keep: keep, scope: .all, timeZone: .gmt)).failed.isEmpty)
            try scene.expectSettled(store)
        }
    }

    @Test("a full disk under the catalogue")
    func catalogue() throws {
        try TestScope.with { scope in
            let disk = try scope.pool(.tmpfs, size: 4 << 20).path
            chmod(disk.string, 0o755)
            let scene = try StoreScene(on: scope.memoryPool(), state: disk.appending("state"))
            let source = try scene.source(in: try scene.store())
            for _ in 0..<3 { try scene.store().take(source) }
            try fill(disk)
            expectError("catalogue_full", .full) { try scene.store().take(source) }
            #expect(scene.files().count == 3)
            let store = try scene.store(whenFull: .useReserve)
            let report = try store.delete([try store.list()[0]])
            #expect(report.removed.count == 1 && report.failed.isEmpty)
            #expect(report.warnings == [.reserveGivenUp(path: scene.catalogue.string + ".reserve")])
            unlink(disk.appending("filler").string)
            try scene.expectSettled(try scene.store())
            #expect(CatalogueReserve(besides: scene.catalogue).isThere)
        }
    }
}
