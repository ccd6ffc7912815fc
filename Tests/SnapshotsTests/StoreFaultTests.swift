// Fail the n-th call of the kernel, for every n and every errno that the call may return; then the same with the power going at the n-th
// call. After each: what is listed is whole, nothing is lost, `repair` brings rows and files together, and a second try succeeds.
// By default a part of the places is tried, spread over the operation, another part in each run; a long run tries all.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: faults", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 120 : 15)))
struct StoreFaultTests {
    @Test("every failing call", arguments: FaultCase.allCases)
    func failures(of operation: FaultCase) throws {
        try TestScope.with { scope in
            let template = try template(scope)
            var struck = 0
            let places = Self.worthFailing(try trace(of: operation, on: template))
            let tries = places.reduce(0) { $0 + Self.errnos(of: $1.name, at: $1.index).count }
            LongRun.tell("\(operation.rawValue): \(places.count) calls, \(tries) failures")
            for (index, name) in places {
                for errno in Self.errnos(of: name, at: index) {
                    let what: Comment = "\(operation.rawValue): call \(index), \(name), \(errno)"
                    let scene = try template.sibling("fail-\(index)-\(errno.rawValue)")
                    try operation.prepare(scene)
                    let kernel = RecordingKernel(scene.kernel, .failure(at: index, errno))
                    let error = failure { try operation.run(try scene.store(kernel.kernel, whenFull: .useReserve), scene) }
                    if kernel.hasStruck { struck += 1 }
                    if let error { expectExplained(error, what) }
                    try expectPromises(operation, scene, what)
                    try expectMended(operation, scene, failed: error != nil, crashed: false, what)
                    try scene.remove()
                }
            }
            #expect(struck > (TestLength.isLong ? 20 : 5))
        }
    }

    @Test("a power cut at every call", arguments: FaultCase.allCases)
    func crashes(of operation: FaultCase) throws {
        try TestScope.with { scope in
            let template = try template(scope)
            let places = Self.worthCrashing(try trace(of: operation, on: template))
            LongRun.tell("\(operation.rawValue): \(places.count) power cuts")
            for (index, name) in places {
                let what: Comment = "\(operation.rawValue): power cut at call \(index), \(name)"
                let scene = try template.sibling("crash-\(index)")
                try operation.prepare(scene)
                let picture = CataloguePictureFiles(of: scene.catalogue)
                let kernel = RecordingKernel(scene.kernel, .crash(at: index), atCrash: { picture.take() })
                _ = failure { try operation.run(try scene.store(kernel.kernel, whenFull: .useReserve), scene) }
                if kernel.hasStruck { try picture.putBack() }
                try expectPromises(operation, scene, what)
                try expectMended(operation, scene, failed: true, crashed: true, what)
                try scene.remove()
            }
        }
    }

    private func template(_ scope: TestScope) throws -> StoreScene {
        let scene = try StoreScene(on: scope.memoryPool(), "template")
        try scene.store().catalogue.close()
        return scene
    }

    /// The names of the calls that it makes when nothing fails.
    private func trace(of operation: FaultCase, on template: StoreScene) throws -> [RecordingKernel.Call] {
        let scene = try template.sibling("trace")
        try operation.prepare(scene)
        let kernel = RecordingKernel(scene.kernel)
        try operation.run(try scene.store(kernel.kernel, whenFull: .useReserve), scene)
        try expectPromises(operation, scene, "nothing failed")
        try scene.remove()
        return kernel.calls
    }

    /// Every call that changes something, and of those that only look the first of each kind: the way from `/` to a directory is
    /// walked many times. All of them in a long run.
    private static func worthFailing(_ calls: [RecordingKernel.Call]) -> [(index: Int, name: String)] {
        let words = calls.map(\.description)
        return spread(
            calls.indices.filter { index in
                TestLength.isLong || !looking.contains(calls[index].name) || words.firstIndex(of: words[index]) == index
            }
        ).map { ($0, calls[$0].name) }
    }

    /// A power cut leaves something else than the one before only if there was a change, or a step of the catalogue, in between.
    private static func worthCrashing(_ calls: [RecordingKernel.Call]) -> [(index: Int, name: String)] {
        spread(
            calls.indices.filter { index in
                !looking.contains(calls[index].name) || (index > 0 && !looking.contains(calls[index - 1].name))
            }
        ).map { ($0, calls[$0].name) }
    }

    /// About ten of the places, evenly, from a beginning that is drawn anew: what is struck stands in the message of a failure.
    private static func spread(_ places: [Int]) -> [Int] {
        let step = max(1, places.count / 10)
        guard !TestLength.isLong, step > 1 else { return places }
        return stride(from: Int.random(in: 0..<step), to: places.count, by: step).map { places[$0] }
    }

    private static let looking: Set<String> = [
        "open", "status", "statusOf", "getXattr", "listXattrs", "inodeFlags", "filesystemStatus", "extentHints", "leaseHolds",
        "readExtents",
    ]

    private func failure(_ body: () throws -> Void) -> SnapshotsError? {
        do {
            try body()
            return nil
        } catch {
            let explained = error as? SnapshotsError
            if explained == nil { Issue.record("not a SnapshotsError: \(error)") }
            return explained
        }
    }

    private func expectPromises(_ operation: FaultCase, _ scene: StoreScene, _ what: Comment) throws {
        let store = try scene.store()
        try scene.expectWhole(store, what)
        let there = Set(try store.list(SnapshotFilter(states: [.complete])).map(\.snapshot.number.value))
        #expect(operation.untouchable.isSubset(of: there), what)
        if operation.keepsHold, let first = SnapshotNumber(1) {
            let listed = try store.listed(first)
            let path = try #require(listed.snapshot.path)
            #expect(try scene.record(at: path).description.hold != nil, what)
        }
        let image = scene.directory.appending("home.img")
        let letter = access(image.string, F_OK) == 0 ? StoreScene.letter(in: image) ?? "?" : nil
        #expect(operation.imageLetters.contains(letter), what)
    }

    private func expectMended(_ operation: FaultCase, _ scene: StoreScene, failed: Bool, crashed: Bool, _ what: Comment) throws {
        let store = try scene.store()
        #expect(try store.repair(RepairRequest()).failed.isEmpty, what)
        // A process that another test is just starting may hold the locks of this one for a moment, and a torn group does not wait for them.
        for _ in 0..<200 where try store.catalogue.count(SnapshotFilter(states: [.pending])) > 0 {
            usleep(10_000)
            #expect(try store.repair(RepairRequest()).failed.isEmpty, what)
        }
        try scene.expectSettled(store, what)
        // An old image that a restore has left, or could not remove, is reported again and again, until somebody has removed it.
        let isOften = { (step: RepairStep) in step.kind == .restoreLeft && operation == .restoreInPlace && (crashed || !failed) }
        #expect(try store.repair(RepairRequest()).steps.allSatisfy(isOften), what)
        guard failed else { return }
        if let error = failure({ try operation.run(store, scene) }) {
            #expect(operation.isDone(error), "\(what): again: \(error.message)")
        }
        try scene.expectSettled(store, what)
        let names = listDirectory(scene.directory.string).filter { ![".losnap", "home.img", "other.img", "new.img"].contains($0) }
        guard operation == .restoreInPlace, crashed else {
            #expect(names.isEmpty, "\(what): \(names)")
            return
        }
        // Only a restore in place that a crash cut off may leave something: one image, whole.
        #expect(names.count <= 1, what)
        for name in names {
            #expect(name.hasPrefix(".home.img.losnap-"), "\(what): \(name)")
            #expect(["a", "d"].contains(StoreScene.letter(in: scene.directory.appending(name))), what)
        }
    }

    /// One of those that a call may fail with, another at every place; all of them in a long run.
    private static func errnos(of name: String, at index: Int) -> [Errno] {
        let all = errnos[name] ?? [.ioError]
        return TestLength.isLong || all.isEmpty ? all : [all[index % all.count]]
    }

    /// What a call may fail with, as its manual page and the filesystems' sources say; I/O errors always.
    private static let errnos: [String: [Errno]] = [
        "realTime": [],
        "open": [.ioError, .permissionDenied, .noMemory, .interrupted, .tooManyOpenFiles],
        "openNameless": [.ioError, .noSpace, .readOnlyFileSystem, .noMemory, .tooManyOpenFiles],
        "clone": [.ioError, .noSpace, .interrupted, .notPermitted, .noMemory, .readOnlyFileSystem],
        "cloneRange": [.ioError, .noSpace, .interrupted, .notPermitted, .noMemory, .readOnlyFileSystem],
        "readExtents": [.ioError, .interrupted, .noMemory],
        "link": [.ioError, .noSpace, .readOnlyFileSystem, .notPermitted, .noMemory],
        "unlink": [.ioError, .notPermitted, .readOnlyFileSystem, .resourceBusy, .noMemory, .noSpace],
        "makeDirectory": [.ioError, .noSpace, .readOnlyFileSystem, .notPermitted, .noMemory],
        "removeDirectory": [.ioError, .resourceBusy, .readOnlyFileSystem, .noMemory],
        "rename": [.ioError, .noSpace, .notPermitted, .readOnlyFileSystem, .resourceBusy, .noMemory],
        "truncate": [.ioError, .noSpace, .interrupted, .notPermitted],
        "setMode": [.ioError, .notPermitted, .readOnlyFileSystem, .noMemory],
        "setOwner": [.ioError, .notPermitted, .readOnlyFileSystem, .noMemory],
        "getXattr": [.ioError, .noMemory],
        "listXattrs": [.ioError, .noMemory],
        "setXattr": [.ioError, .noSpace, .notPermitted, .readOnlyFileSystem, .noMemory],
        "status": [.ioError, .noMemory],
        "statusOf": [.ioError, .noMemory, .permissionDenied],
        "filesystemStatus": [.ioError, .interrupted, .noMemory],
        "setInodeFlags": [.ioError, .notPermitted, .readOnlyFileSystem, .noMemory],
        "synchronize": [.ioError, .noSpace, .interrupted, .readOnlyFileSystem],
        "synchronizeData": [.ioError, .noSpace, .interrupted, .readOnlyFileSystem],
        "takeLease": [.wouldBlock, .permissionDenied, .noMemory],
        "lock": [.wouldBlock, .noLocks, .interrupted],
    ]
}

/// The files of a catalogue at the moment of a power cut: what SQLite does afterwards has not happened.
private final class CataloguePictureFiles: Sendable {
    private let path: FilePath
    private static let endings = ["", "-wal"]

    init(of path: FilePath) { self.path = path }

    func take() {
        for ending in Self.endings {
            try? FileManager.default.copyItem(atPath: path.string + ending, toPath: path.string + ".picture" + ending)
        }
    }

    func putBack() throws {
        for ending in Self.endings + ["-shm"] {
            unlink(path.string + ending)
            let picture = path.string + ".picture" + ending
            if access(picture, F_OK) == 0 { try FileManager.default.moveItem(atPath: picture, toPath: path.string + ending) }
        }
    }
}
