// Pruning, deleting and the part of a record that people change.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: prune, delete, describe", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StorePruneTests {
    private func request(_ source: Source, forced: Bool = false, _ rules: (inout Keep) -> Void) -> PruneRequest {
        var keep = Keep()
        rules(&keep)
        return PruneRequest(source: source, keep: keep, scope: .all, timeZone: .gmt, isForced: forced)
    }

    /// A source with daily snapshots 1 to `count`, the image rewritten before each.
    private func daily(_ scene: StoreScene, _ store: Store, _ count: Int) throws -> Source {
        let source = try scene.source(in: store)
        for letter in "abcdefgh".prefix(count) {
            try scene.write(letter, to: source.imagePath)
            try store.take(source)
            scene.clock.advance(hours: 24)
        }
        return source
    }

    @Test("the plan is what is done; held and newest stay; what is reclaimed was planned", arguments: [Filesystem.xfs, .btrfs])
    func prune(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let store = try scene.store()
            let source = try daily(scene, store, 5)
            _ = try store.hold(store.listed(try #require(SnapshotNumber(1))), try Hold())
            let request = request(source) { $0.last = .count(1) }
            let plan = try store.planPrune(request)
            #expect(plan.removed.map(\.snapshot.number.value) == [2, 3, 4])
            #expect(plan.kept.map(\.snapshot.snapshot.number.value) == [1, 5])
            // Each held its own 192 KiB, and nothing else does.
            #expect(plan.reclaimableBytes == Int64(3 * StoreScene.size))
            #expect(try store.list().count == 5)
            let report = try store.prune(request)
            #expect(report.removed.map(\.snapshot.number) == plan.removed.map(\.snapshot.number) && report.failed.isEmpty)
            #expect(scene.files().count == 2)
            #expect(try store.log(EventFilter(kind: .pruned)).count == 3)
            let again = try store.prune(request)
            #expect(again.removed.isEmpty && again.plan.reclaimableBytes == 0)
            try scene.expectSettled(store)
        }
    }

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

    @Test("what the image or another snapshot still uses is not counted as reclaimable")
    func reclaimable() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try scene.source(in: store)
            for _ in 0..<3 { try store.take(source) }
            let all = request(source) { $0.last = .count(1) }
            #expect(try store.planPrune(all).reclaimableBytes == 0)
            try scene.write("z", to: source.imagePath)
            #expect(try store.planPrune(all).reclaimableBytes == 0)
            try store.take(source)
            // Three share what nobody else has: more than the sum of what each has alone.
            #expect(try store.planPrune(all).reclaimableBytes == Int64(StoreScene.size))
            let blind = RecordingKernel(scene.kernel, .matching { $0.description == "open(\(source.imagePath))" ? .ioError : nil })
            #expect(try scene.store(blind.kernel).planPrune(all).reclaimableBytes == nil)
        }
    }

    @Test("no rules, rules that match nothing, force")
    func refusals() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try daily(scene, store, 3)
            expectError("no_rules", .usage) { _ = try store.prune(request(source) { _ in }) }
            expectError("no_rules", .usage) { _ = try store.planPrune(request(source) { _ in }) }
            expectError("rules_match_nothing", .usage) { _ = try store.prune(request(source) { $0.labels = ["nothing"] }) }
            #expect(scene.files().count == 3)
            #expect(try store.prune(request(source, forced: true) { $0.labels = ["nothing"] }).removed.count == 2)
        }
    }

    @Test("several sources planned at once: each as by itself, in the order asked for, and one that is refused refuses no other")
    func several() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let home = try daily(scene, store, 4)
            let root = try scene.source("root", in: store)
            for _ in 1...3 {
                try store.take(root)
                scene.clock.advance(hours: 24)
            }
            let requests = [
                request(root) { $0.last = .count(1) }, request(home) { _ in }, request(home) { $0.last = .count(2) },
                request(root) { $0.labels = ["nothing"] },
            ]
            let plans = store.planPrunes(requests)
            #expect(plans.count == 4)
            func removed(_ plan: PrunePlan) -> [SnapshotNumber] { plan.removed.map(\.snapshot.number) }
            #expect(try removed(plans[0].get()) == removed(store.planPrune(requests[0])))
            #expect(try plans[0].get().reclaimableBytes == store.planPrune(requests[0]).reclaimableBytes)
            #expect(try removed(plans[2].get()) == removed(store.planPrune(requests[2])))
            #expect(try removed(plans[0].get()).count == 2 && removed(plans[2].get()).count == 2)
            expectError("no_rules", .usage) { _ = try plans[1].get() }
            expectError("rules_match_nothing", .usage) { _ = try plans[3].get() }
        }
    }

    @Test("a missing snapshot takes no place, one whose file can't be looked at stops everything")
    func missing() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let source = try daily(scene, store, 3)
            let third = try store.row(3)
            try Command.run("chattr", ["-i", try #require(third.path).string])
            try Command.run("rm", [try #require(third.path).string])
            let request = request(source) { $0.last = .count(1) }
            let plan = try store.planPrune(request)
            #expect(plan.removed.map(\.snapshot.number.value) == [1])
            #expect(plan.warnings == [.missing(third.number, path: try #require(third.path).string)])
            let name = try #require(try store.row(2).fileName).text
            let kernel = RecordingKernel(scene.kernel, .matching { $0.description == "statusOf(\(name))" ? .ioError : nil })
            let blind = try scene.store(kernel.kernel)
            #expect(blind.measure([try store.row(2)])[0].presence == .unavailable)
            expectError("unavailable", .pool) { _ = try blind.prune(request) }
            expectError("unavailable", .pool) { _ = try blind.delete(blind.measure([try store.row(2)])) }
            #expect(try store.prune(request).removed.map(\.snapshot.number.value) == [1])
            #expect(try store.delete([try store.listed(third.number)]).removed.count == 1)
            try scene.expectSettled(store)
        }
    }

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
