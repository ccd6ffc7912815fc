// Pruning many, in portions: what others do between two of them counts, and what nobody touches is not looked at again.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: prune in portions", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StorePrunePortionsTests: PruningTests {
    /// The scene's kernel, with something done before each lock, and the number of locks that were taken (what another
    /// test's child holds for a moment is asked for again).
    private func counting(
        _ scene: StoreScene, beforeLock: @escaping @Sendable (Int64) throws(Errno) -> Void
    ) -> (kernel: Kernel, locks: Atomic) {
        let locks = Atomic(0)
        var kernel = scene.kernel
        let base = kernel.lock
        kernel.lock = { (descriptor, waits) throws(Errno) in
            try beforeLock(locks.value + 1)
            try base(descriptor, waits)
            locks.add(1)
        }
        return (kernel, locks)
    }

    @Test("many are removed in portions, between which others get the lock; what is held meanwhile stays")
    func portions() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store, taken: 75)
            let (kernel, locks) = counting(scene) { number in
                // The oldest are removed last, so this one is still there.
                if number == 2 { _ = try? store.hold(store.listed(SnapshotNumber(5)!), Hold()) }
            }
            let pruner = try scene.store(kernel, mode: .writing)
            let request = request(source) { $0.last = .count(3) }
            let plan = try pruner.planPrune(request)
            #expect(plan.removed.map(\.snapshot.number.value) == Array(1...72))
            let report = try pruner.prune(request)
            #expect(locks.value == 3)
            #expect(report.removed.map(\.snapshot.number.value) == Array(1...72).filter { $0 != 5 })
            #expect(report.failed.isEmpty && report.plan.removed.count == 72)
            #expect(scene.files().count == 4)
            try scene.expectSettled(store)
        }
    }

    /// How often a snapshot was looked for by its name.
    private func countingLooks(_ kernel: Kernel) -> (kernel: Kernel, looks: Atomic) {
        let looks = Atomic(0)
        var counting = kernel
        counting.statusOf = { (directory, name) throws(Errno) in
            if name.hasSuffix(".img") { looks.add(1) }
            return try kernel.statusOf(directory, name)
        }
        return (counting, looks)
    }

    /// Removes a snapshot's file as somebody with other tools would.
    private func unlinkByHand(_ path: FilePath) {
        if let file = try? OpenFile(path.string, kernel: .linux) { _ = try? Kernel.linux.clearImmutable(file) }
        unlink(path.string)
    }

    @Test("a plan stands from portion to portion while nothing else changes: each file is looked at once for it, and once to be removed")
    func planStands() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store, taken: 75)
            let (kernel, looks) = countingLooks(scene.kernel)
            let pruner = try scene.store(kernel, mode: .writing)
            var request = request(source) { $0.last = .count(3) }
            request.measuresReclaim = false
            let first = looks.value
            #expect(try pruner.prune(request).removed.count == 72)
            #expect(looks.value - first == 75 + 72)
            try scene.expectSettled(store)
        }
    }

    @Test("a file that goes by another hand, between portions or within one, makes the rest be planned anew", arguments: [false, true])
    func planFalls(within: Bool) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store, taken: 75)
            let path = try #require(try store.row(5).path)
            let (counted, locks) = counting(scene) { number in if number == 2, !within { unlinkByHand(path) } }
            var kernel = counted
            kernel.unlink = { (directory, name) throws(Errno) in
                if within { unlinkByHand(path) }
                try counted.unlink(directory, name)
            }
            let (looking, looks) = countingLooks(kernel)
            let report = try scene.store(looking, mode: .writing).prune(request(source) { $0.last = .count(3) })
            #expect(locks.value == 3)
            // With the old plan it would have been tried, and failed.
            #expect(report.failed.isEmpty)
            #expect(report.removed.map(\.snapshot.number.value) == Array(1...72).filter { $0 != 5 })
            #expect(report.warnings.contains(.missing(SnapshotNumber(5)!, path: path.string)) && looks.value > 75 * 2 + 72)
            #expect(try store.listed(#require(SnapshotNumber(5))).presence == .missing)
        }
    }

    @Test("what keeps a long prune from going on is told for all that is left")
    func portionsFail() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store, taken: 40)
            let (kernel, _) = counting(scene) { number throws(Errno) in if number > 1 { throw .ioError } }
            let report = try scene.store(kernel, mode: .writing).prune(request(source) { $0.last = .count(1) })
            #expect(report.removed.map(\.snapshot.number.value) == Array(8...39))
            #expect(report.failed.map(\.snapshot.snapshot.number.value) == Array(1...7))
            try scene.expectSettled(store)
        }
    }
}
