// Giving images back: in place with everything that the image had, anew when it is gone, beside it; and what is refused.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: restore", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreRestoreTests {
    /// An image full of "b" with an owner, a mode and an access list of its own, and a snapshot full of "a".
    private func world(_ scope: TestScope, _ kind: Filesystem = .xfs) throws -> (StoreScene, Store, Source) {
        let scene = try StoreScene(on: scope.memoryPool(kind))
        let store = try scene.store()
        let source = try scene.source(in: store)
        chown(source.imagePath.string, 1234, 4321)
        try Command.run("setfacl", ["-m", "u:77:r", source.imagePath.string])
        try store.take(source)
        try scene.write("b", to: source.imagePath)
        return (scene, store, source)
    }

    private func expectAttributes(_ path: FilePath) throws {
        let file = try OpenFile(path.string, kernel: .linux)
        let status = try file.status()
        #expect(status.uid == 1234 && status.gid == 4321 && status.permissions == 0o640 && !status.isImmutable)
        #expect(throws: Never.self) { try Kernel.linux.getXattr(file.descriptor, "system.posix_acl_access") }
        #expect(throws: Errno.noData) { try Kernel.linux.getXattr(file.descriptor, "trusted.losnap") }
    }

    @Test("in place: the state before is safe, owner, mode and access list are kept", arguments: [Filesystem.xfs, .btrfs])
    func inPlace(kind: Filesystem) throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope, kind)
            let report = try store.restore(try store.list()[0], to: .inPlace)
            #expect(report.plan.replaces && report.plan.takesSafetySnapshot && report.warnings.isEmpty)
            let safety = try #require(report.safety)
            let safe = try #require(safety.snapshot.path)
            #expect(safety.snapshot.origin == .safety && StoreScene.letter(in: safe) == "b")
            #expect(StoreScene.letter(in: source.imagePath) == "a")
            try expectAttributes(source.imagePath)
            #expect(listDirectory(scene.directory.string).sorted() == [".losnap", "home.img"])
            #expect(try store.log().last?.occasion.kind == .restored)
            // And back again.
            _ = try store.restore(safety, to: .inPlace)
            #expect(StoreScene.letter(in: source.imagePath) == "b")
            try scene.expectSettled(store)
        }
    }

    @Test("restoring the latest twice gives the same twice: the safety snapshot is not the latest")
    func twice() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let latest = try SnapshotReference(parsing: "home@latest")
            for _ in 1...2 {
                scene.clock.advance(hours: 1)
                #expect(try store.restore(store.find(latest, timeZone: .gmt), to: .inPlace).safety != nil)
                #expect(StoreScene.letter(in: source.imagePath) == "a")
            }
            #expect(try store.find(latest, timeZone: .gmt).snapshot.number.value == 1)
        }
    }

    @Test("a deleted image is made anew; a new file beside it")
    func anew() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let new = scene.directory.appending("new.img")
            _ = try store.restore(try store.list()[0], to: .newFile(new))
            try expectAttributes(new)
            unlink(source.imagePath.string)
            let report = try store.restore(try store.list()[0], to: .inPlace)
            #expect(report.safety == nil && !report.plan.replaces)
            #expect(StoreScene.letter(in: source.imagePath) == "a")
            try expectAttributes(source.imagePath)
        }
    }

    @Test("what is in use, linked, protected or in the way is refused, and nothing is made")
    func refused() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let snapshot = try store.list()[0]
            let image = source.imagePath
            func refuses(_ code: String, _ category: ErrorCategory, _ target: RestoreTarget = .inPlace) {
                expectError(code, category) { _ = try store.restore(snapshot, to: target) }
                expectError(code, category) { _ = try store.planRestore(snapshot, to: target) }
            }
            let writer = try FileDescriptor.open(image, .readWrite)
            refuses("image_in_use", .busy)
            try writer.close()
            let device = try scope.attach(image)
            refuses("image_in_use", .busy)
            try device.detach()
            let second = scene.directory.appending("second.img")
            link(image.string, second.string)
            refuses("image_has_links", .failed)
            unlink(second.string)
            try Command.run("chattr", ["+i", image.string])
            refuses("image_protected", .permission)
            try Command.run("chattr", ["-i", image.string])
            refuses("file_exists", .usage, .newFile(image))
            #expect(StoreScene.letter(in: image) == "b" && scene.files().count == 1)
            let elsewhere = try scope.freshDirectory("elsewhere").appending("new.img")
            expectError("different_filesystem", .pool) { _ = try store.restore(snapshot, to: .newFile(elsewhere)) }
            #expect(access(elsewhere.string, F_OK) != 0)
        }
    }

    @Test("an image that is deleted but still attached is refused until it is detached")
    func deletedButAttached() throws {
        try TestScope.with { scope in
            let (_, store, source) = try world(scope)
            let snapshot = try store.list()[0]
            let device = try scope.attach(source.imagePath)
            unlink(source.imagePath.string)
            expectError("image_in_use", .busy) { _ = try store.restore(snapshot, to: .inPlace) }
            #expect(access(source.imagePath.string, F_OK) != 0)
            try device.detach()
            _ = try store.restore(snapshot, to: .inPlace)
            #expect(StoreScene.letter(in: source.imagePath) == "a")
        }
    }

    @Test("a lease that breaks before the exchange gives the old image back")
    func writerComes() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            var kernel = scene.kernel
            kernel.leaseHolds = { (_) throws(Errno) in false }
            expectError("image_in_use", .busy) { _ = try scene.store(kernel).restore(try store.list()[0], to: .inPlace) }
            #expect(StoreScene.letter(in: source.imagePath) == "b")
            #expect(listDirectory(scene.directory.string).sorted() == [".losnap", "home.img"])
        }
    }

    @Test("the exchange can't be undone: the old image stays, the error says where, and what comes next leaves it alone")
    func doubleFault() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let renames = Atomic(0)
            let recording = RecordingKernel(
                scene.kernel,
                .matching { call in
                    guard call.name == "rename" else { return nil }
                    renames.add(1)
                    return renames.value == 2 ? .ioError : nil
                })
            var kernel = recording.kernel
            kernel.leaseHolds = { (_) throws(Errno) in false }
            let snapshot = try store.list()[0]
            var unfinished: SnapshotsError?
            do { _ = try scene.store(kernel).restore(snapshot, to: .inPlace) } catch { unfinished = error as? SnapshotsError }
            guard case .restoreUnfinished(let path, .restored, let hidden, .previous, _)? = unfinished else {
                Issue.record("\(String(describing: unfinished))")
                return
            }
            #expect(renames.value == 2 && path == source.imagePath)
            #expect(unfinished?.message.contains(hidden.string) == true && unfinished?.hint?.contains("mv \(hidden) \(path)") == true)
            #expect(StoreScene.letter(in: hidden) == "b" && StoreScene.letter(in: path) == "a")
            // Written since: only the hidden one has it.
            try scene.write("e", to: hidden)
            let report = try store.restore(snapshot, to: .inPlace)
            #expect(report.warnings == [.restoreLeft(path: hidden.string)])
            #expect(StoreScene.letter(in: hidden) == "e" && StoreScene.letter(in: path) == "a")
            try store.take(source)
            #expect(StoreScene.letter(in: hidden) == "e")
            #expect(Set(listDirectory(scene.directory.string)) == [try #require(hidden.lastComponent).string, ".losnap", "home.img"])
            try scene.expectSettled(store)
        }
    }

    @Test("a file of somebody else by the hidden name is left alone, whatever it is")
    func hiddenNameTaken() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let snapshot = try store.list()[0]
            let taken = scene.directory.appending(".home.img.losnap-\(snapshot.snapshot.id.prefix)")
            try scene.write("x", to: taken)
            #expect(try store.restore(snapshot, to: .inPlace).warnings == [.restoreLeft(path: taken.string)])
            #expect(StoreScene.letter(in: taken) == "x" && StoreScene.letter(in: source.imagePath) == "a")
        }
    }

    @Test("of very many files by hidden names the first are told, and how many more there are")
    func manyHiddenNames() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let snapshot = try store.list()[0]
            for number in 0..<(HiddenName.most + 7) {
                let name = ".home.img.losnap-" + String(String(0x1_0000_0000 + number, radix: 16).dropFirst())
                _ = FileManager.default.createFile(atPath: scene.directory.appending(name).string, contents: Data())
            }
            let warnings = try store.restore(snapshot, to: .inPlace).warnings
            #expect(warnings.count == HiddenName.most + 1)
            #expect(warnings.last == .moreLeft(image: source.imagePath.string, count: 7))
            let steps = try store.repair(RepairRequest()).steps.filter { $0.kind == .restoreLeft }
            #expect(steps.count == HiddenName.most + 1 && steps.contains { $0.detail == "7 more files beside it" })
        }
    }

    @Test("an old image that can't be removed is named in a warning; the restore counts")
    func leftOver() throws {
        try TestScope.with { scope in
            let (scene, store, source) = try world(scope)
            let kernel = RecordingKernel(scene.kernel, .matching { $0.description.hasPrefix("unlink(.home.img") ? .ioError : nil })
            let report = try scene.store(kernel.kernel).restore(try store.list()[0], to: .inPlace)
            let hidden = try #require(listDirectory(scene.directory.string).first { $0.hasPrefix(".home.img") })
            #expect(report.warnings.count == 1 && "\(report.warnings)".contains(hidden))
            #expect(StoreScene.letter(in: source.imagePath) == "a")
        }
    }
}
