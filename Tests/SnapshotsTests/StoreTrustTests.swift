// What others may have put in the way of root (promise P7). The rule: what is not ours is refused or left alone, whatever it is and whenever it came, and
// what is made is never readable by more people than the image is.

import CloneCore
import Foundation
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: trust", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreTrustTests {
    private static let stranger: uid_t = 65534

    private func list(_ path: FilePath) throws -> [UInt8]? {
        let file = try OpenFile(path.string, kernel: .linux)
        return withExtendedLifetime(file) { try? Kernel.linux.getXattr(file.descriptor, AccessList.name) }
    }

    private func status(_ path: FilePath) throws -> FileStatus { try OpenFile(path.string, kernel: .linux).status() }

    /// A snapshot whose file lost its immutable flag, so that something else can be put in its place.
    private func world(_ scope: TestScope) throws -> (scene: StoreScene, store: Store, file: FilePath) {
        let scene = try StoreScene(on: scope.memoryPool())
        let store = try scene.store()
        try store.take(try scene.source(in: store))
        let file = try #require(try store.row(1).path)
        try Command.run("chattr", ["-i", file.string])
        return (scene, store, file)
    }

    @Test(
        "a directory that gives each new file an access list gives none to snapshots and restored images",
        arguments: [Filesystem.xfs, .btrfs])
    func inheritedLists(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool(kind))
            let atName = Mutex<[UInt32]>([])
            var kernel = scene.kernel
            kernel.link = { (fd, directory, name) throws(Errno) in
                let mode = try Kernel.linux.status(fd).permissions
                atName.withLock { $0.append(mode) }
                try Kernel.linux.link(fd, directory, name)
            }
            let store = try scene.store(kernel)
            let source = try scene.source(in: store)
            try Command.run("setfacl", ["-d", "-m", "u:\(Self.stranger):rwx", scene.directory.string])
            try store.take(source)
            // A list may be there; its mask, the middle digit, lets nobody in.
            let file = try #require(try store.row(1).path)
            #expect(try status(file).permissions == 0o400)
            for made in [file.removingLastComponent(), scene.directory.appending(".losnap")] {
                #expect(try status(made).permissions == 0o700)
            }
            let new = scene.directory.appending("new.img")
            _ = try store.restore(try store.list()[0], to: .newFile(new))
            _ = try store.restore(try store.list()[0], to: .inPlace)
            for restored in [new, source.imagePath] {
                #expect(try status(restored).permissions == 0o640)
                #expect(try list(restored) == nil)
            }
            // By the time they get a name they have their last mode; the third is the safety snapshot.
            #expect(atName.withLock { $0 } == [0o400, 0o640, 0o400, 0o640])
        }
    }

    @Test("an access list or an owner that can't be given back leaves nobody with more rights than before")
    func lessThanBefore() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            var kernel = scene.kernel
            kernel.setXattr = { (fd, name, bytes) throws(Errno) in
                if name == AccessList.name { throw .notSupported }
                try Kernel.linux.setXattr(fd, name, bytes)
            }
            kernel.setOwner = { (_, _, _) throws(Errno) in throw .notPermitted }
            let store = try scene.store(kernel)
            let source = try scene.source(in: store)
            chown(source.imagePath.string, 0, 0)
            chmod(source.imagePath.string, 0o600)
            try Command.run("setfacl", ["-m", "u:77:rw", source.imagePath.string])
            try store.take(source)
            chown(source.imagePath.string, 0, 4321)
            try Command.run("setfacl", ["-b", source.imagePath.string])
            chmod(source.imagePath.string, 0o6664)
            try store.take(source)
            for (number, mode) in [(0, 0o600), (1, 0o644)] as [(Int, UInt32)] {
                let new = scene.directory.appending("new\(number)")
                _ = try store.restore(try store.list()[number], to: .newFile(new))
                #expect(try status(new).permissions == mode)
            }
        }
    }

    @Test(
        "what lies in the place of a snapshot's file is left alone",
        arguments: ["fifo", "device", "directory", "link", "hard link", "mount"])
    func planted(what: String) throws {
        try TestScope.with { scope in
            let (scene, store, file) = try world(scope)
            let victim = scene.directory.appending("victim")
            try scope.write("precious", to: victim)
            chown(victim.string, Self.stranger, Self.stranger)
            if what != "mount" { unlink(file.string) }
            var mount: Mount?
            switch what {
            case "fifo": mkfifo(file.string, 0o600)
            case "device": mknod(file.string, S_IFCHR | 0o600, 0x103)
            case "directory": mkdir(file.string, 0o700)
            case "link": symlink(victim.string, file.string)
            case "hard link": link(victim.string, file.string)
            default: mount = try scope.bindMount(victim, at: file)
            }
            defer { withExtendedLifetime(mount) {} }
            let before = try Kernel.linux.statusOf(workingDirectory, file.string).identity
            let listed = try store.list()
            #expect(throws: SnapshotsError.self) { try store.restore(listed[0], to: .newFile(scene.directory.appending("new"))) }
            if listed[0].presence == .present {
                #expect(try store.delete(listed).removed.isEmpty)
                #expect(try Kernel.linux.statusOf(workingDirectory, file.string).identity == before)
            }
            _ = try store.repair(RepairRequest())
            #expect(FileManager.default.contents(atPath: victim.string) == Data("precious".utf8))
            #expect(try Kernel.linux.statusOf(workingDirectory, file.string).identity == before)
            #expect(listDirectory(scene.directory.string).sorted() == [".losnap", "home.img", "victim"])
        }
    }

    @Test("a name that is given to another file between the last look and the one before removes nothing; nor is another directory touched")
    func swapped() throws {
        try TestScope.with { scope in
            let (scene, first, file) = try world(scope)
            try first.catalogue.close()
            let directory = file.removingLastComponent()
            let name = try #require(file.lastComponent?.string)
            let victim = scene.directory.appending("victim")
            try scope.write("precious", to: victim)
            let elsewhere = scene.directory.appending("elsewhere")
            mkdir(elsewhere.string, 0o700)
            link(victim.string, elsewhere.appending(name).string)
            // The file was opened and proved; its name is looked at for the last time.
            let swapping = RecordingKernel(
                scene.kernel,
                .matching { call in
                    guard call.name == "statusOf", call.arguments.contains(name) else { return nil }
                    unlink(file.string)
                    link(victim.string, file.string)
                    return nil
                })
            let store = try scene.store(swapping.kernel)
            #expect(try store.delete(try store.list()).removed.isEmpty)
            #expect(access(file.string, F_OK) == 0)
            try store.catalogue.close()
            // The directory is opened; by the time of the removal its path leads elsewhere.
            unlink(file.string)
            let again = try scene.store()
            let source = try #require(try again.catalogue.sources().first)
            let second = try #require(try again.take(source).snapshot.path)
            try again.catalogue.close()
            let secondName = try #require(second.lastComponent?.string)
            link(victim.string, elsewhere.appending(secondName).string)
            let aside = scene.directory.appending("aside")
            let moving = RecordingKernel(
                scene.kernel,
                .matching { call in
                    guard call.name == "unlink", access(aside.string, F_OK) != 0 else { return nil }
                    rename(directory.string, aside.string)
                    symlink(elsewhere.string, directory.string)
                    return nil
                })
            let last = try scene.store(moving.kernel)
            _ = try last.delete(try last.list().filter { $0.snapshot.path == second })
            #expect(moving.calls.contains { $0.name == "unlink" })
            #expect(listDirectory(elsewhere.string).count == 2)
            #expect(!listDirectory(aside.string).contains(secondName))
            #expect(FileManager.default.contents(atPath: victim.string) == Data("precious".utf8))
        }
    }

    @Test("a filesystem mounted over the snapshot directory: nothing is done there, and nothing counts as lost")
    func mountedOver() throws {
        try TestScope.with { scope in
            let (_, store, file) = try world(scope)
            let source = try #require(try store.catalogue.sources().first)
            let directory = file.removingLastComponent()
            let before = listDirectory(directory.string)
            let over = try scope.freshDirectory("over", mode: 0o700)
            let mount = try scope.bindMount(over, at: directory)
            #expect(try store.list().map(\.presence) == [.unavailable])
            #expect(throws: SnapshotsError.self) { try store.take(source) }
            #expect(throws: SnapshotsError.self) { try store.delete(try store.list()) }
            _ = try store.repair(RepairRequest(forgetsMissing: true))
            #expect(listDirectory(over.string).isEmpty)
            try mount.unmount()
            #expect(listDirectory(directory.string) == before)
            #expect(try store.list().map(\.presence) == [.present])
        }
    }

    @Test("an access list that lets others write the snapshot directory, or one above, is as good as a mode that does")
    func writableByList() throws {
        try TestScope.with { scope in
            let (scene, store, file) = try world(scope)
            let source = try #require(try store.catalogue.sources().first)
            for directory in [file.removingLastComponent(), scene.directory.appending(".losnap"), scene.directory] {
                try Command.run("setfacl", ["-m", "u:\(Self.stranger):rwx", directory.string])
                expectError("directory_exposed", .permission) { try store.take(source) }
                try Command.run("setfacl", ["-b", directory.string])
                chmod(directory.string, 0o700)
            }
            try store.take(source)
        }
    }

    @Test("a restore follows no link of others on its way, and one of root's")
    func links() throws {
        try TestScope.with { scope in
            let (scene, store, _) = try world(scope)
            let source = try #require(try store.catalogue.sources().first)
            let theirs = scene.directory.appending("theirs")
            let target = scene.directory.appending("target")
            mkdir(theirs.string, 0o755)
            mkdir(target.string, 0o700)
            chown(theirs.string, Self.stranger, Self.stranger)
            let image = theirs.appending("place").appending("home.img")
            mkdir(image.removingLastComponent().string, 0o755)
            rename(source.imagePath.string, image.string)
            let place = scene.directory.appending("snapshots")
            mkdir(place.string, 0o700)
            let moved = try store.moveSource(source, image: image, directory: place)
            try store.take(moved)
            // Whose directory it is does not matter.
            unlink(image.string)
            _ = try store.restore(try store.list()[1], to: .inPlace)
            unlink(image.string)
            rmdir(image.removingLastComponent().string)
            symlink(target.string, image.removingLastComponent().string)
            lchown(image.removingLastComponent().string, Self.stranger, Self.stranger)
            expectError("link_of_another", .permission) { _ = try store.restore(try store.list()[1], to: .inPlace) }
            expectError("link_of_another", .permission) { _ = try store.restore(try store.list()[1], to: .newFile(image)) }
            #expect(listDirectory(target.string).isEmpty)
            lchown(image.removingLastComponent().string, 0, 0)
            _ = try store.restore(try store.list()[1], to: .inPlace)
            #expect(listDirectory(target.string) == ["home.img"])
        }
    }
}
