// A group that a crash has torn, while somebody is at work on one of its members: it is settled under all locks or not at all.

import CloneCore
import Foundation
import GRDB
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: torn groups", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreGroupTests {
    /// Two sources, and a snapshot of each, taken in one group.
    private func group(_ scope: TestScope) throws -> (StoreScene, Store, home: Source, other: Source) {
        let scene = try StoreScene(on: scope.memoryPool())
        let store = try scene.store()
        let home = try scene.source("home", in: store)
        let other = try scene.source("other", in: store)
        _ = try store.create(CreateRequest(sources: [home, other]))
        return (scene, store, home, other)
    }

    @Test("is left alone while another process holds the lock of one member, and settled when that is released", arguments: [true, false])
    func locked(isWhole: Bool) throws {
        try TestScope.with { scope in
            let (scene, store, home, other) = try group(scope)
            let rows = [try store.row(1), try store.row(2)]
            if !isWhole {
                let path = try #require(rows[0].path).string
                try Command.run("chattr", ["-i", path])
                unlink(path)
            }
            // As the crash left them: published as far as it came, and not complete.
            try store.catalogue.write { db in try db.execute(sql: "UPDATE snapshot SET state = 'pending', file_name = NULL") }
            let files = scene.files("other")
            // A lock is a descriptor's, so this one excludes the store as another process's would. The store waits for locks, but not here.
            var holder: DirectoryLocks? = try scene.store().lock(try store.presentPlace(of: rows[1]), called: other.name)
            let report = try store.create(CreateRequest(sources: [home]))
            #expect(report.warnings.isEmpty)
            #expect(try [store.row(1).state, store.row(2).state] == [.pending, .pending])
            #expect(try store.repair(RepairRequest(sources: [home])).steps.map(\.kind) == [.unfinished])
            #expect(scene.files("other") == files && files.count == 1)
            withExtendedLifetime(holder) {}
            holder = nil
            // A process that another test is just starting may have a copy of the descriptor for a moment.
            var warnings: [StoreWarning] = []
            for _ in 0..<200 where warnings.isEmpty {
                usleep(10_000)
                warnings = try store.create(CreateRequest(sources: [home])).warnings
            }
            #expect(warnings == [.reconciled(isWhole ? .completed : .dropped, rows[0].number)])
            #expect(scene.files("other").count == (isWhole ? 1 : 0))
            #expect(try store.catalogue.snapshots().filter { $0.group != nil }.count == (isWhole ? 2 : 0))
            try scene.expectSettled(store)
        }
    }

    @Test("of which one directory is given up is not called forgotten before it is")
    func forgotten() throws {
        try TestScope.with { scope in
            let (scene, store, home, other) = try group(scope)
            let place = try store.row(2).directory.path.string
            try Command.run("chattr", ["-R", "-i", place])
            try store.catalogue.write { db in try db.execute(sql: "UPDATE snapshot SET state = 'pending', file_name = NULL") }
            try FileManager.default.removeItem(atPath: place)
            let request = RepairRequest(sources: [other], forgetsMissing: true)
            var holder: DirectoryLocks? = try scene.store().lock(try store.presentPlace(of: try store.row(1)), called: home.name)
            #expect(try store.repair(request).steps.map(\.kind) == [.unfinished])
            #expect(try store.catalogue.snapshots().map(\.state) == [.pending, .pending])
            withExtendedLifetime(holder) {}
            holder = nil
            // A process that another test is just starting may have a copy of the descriptor for a moment.
            var kinds: [RepairStep.Kind] = []
            for _ in 0..<200 where kinds != [.forgotten] {
                usleep(10_000)
                kinds = try store.repair(request).steps.map(\.kind)
            }
            #expect(kinds == [.forgotten])
            #expect(try store.catalogue.snapshots().isEmpty)
            #expect(scene.files("home").isEmpty)
        }
    }

    @Test("is settled by a command that holds the locks of all its members already")
    func ownLocks() throws {
        try TestScope.with { scope in
            let (scene, store, home, other) = try group(scope)
            try store.catalogue.write { db in try db.execute(sql: "UPDATE snapshot SET state = 'pending', file_name = NULL") }
            let report = try store.create(CreateRequest(sources: [home, other]))
            #expect(report.warnings.count == 1)
            try scene.expectSettled(store)
            #expect(try store.catalogue.count() == 4)
        }
    }
}
