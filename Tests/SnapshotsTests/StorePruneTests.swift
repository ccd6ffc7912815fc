// Pruning a source, or several: what is planned is what is done.

import CloneCore
import Foundation
import GRDB
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

/// What the tests of pruning share.
protocol PruningTests {}

extension PruningTests {
    func request(_ source: Source, forced: Bool = false, _ rules: (inout Keep) -> Void) -> PruneRequest {
        var keep = Keep()
        rules(&keep)
        return PruneRequest(source: source, keep: keep, scope: .all, timeZone: .gmt, isForced: forced)
    }

    /// A source with daily snapshots 1 to `count`, the image rewritten before each.
    func daily(_ scene: StoreScene, _ store: Store, _ count: Int) throws -> Source {
        let source = try scene.source(in: store)
        for letter in "abcdefgh".prefix(count) {
            try scene.write(letter, to: source.imagePath)
            try store.take(source)
            scene.clock.advance(hours: 24)
        }
        return source
    }
}

@Suite("Store: prune", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StorePruneTests: PruningTests {
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
            let blind = RecordingKernel(scene.kernel, .matching { $0.description == "open(home.img)" ? .ioError : nil })
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

    @Test("a row that can't be read keeps no other source from being planned")
    func badRow() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let home = try daily(scene, store, 3)
            let root = try scene.source("root", in: store)
            try store.take(root)
            try store.catalogue.write { db in
                try db.execute(sql: "PRAGMA ignore_check_constraints = 1; UPDATE snapshot SET origin = 'nobody' WHERE number = 4")
            }
            let requests = [request(root) { $0.last = .count(1) }, request(home) { $0.last = .count(2) }]
            let plans = store.planPrunes(requests)
            expectError("catalogue_corrupt", .data) { _ = try plans[0].get() }
            #expect(try plans[1].get().removed.map(\.snapshot.number.value) == [1])
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
}
