// Scratch clones on a real kernel: the right options by itself, and nothing left behind. Nothing is frozen here; the snapshots are taken of
// live images, so that there is a log to replay.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A pool, an image mounted in it with a file on its disk and in its log, and a snapshot of it as losnap leaves one.
private struct Scene {
    let scope: TestScope
    let pool: Pool
    let image: MountedImage
    let snapshot: FilePath
    /// The snapshot's, in the label of the loop device: by it a test tells its own from those of tests beside it.
    let uuid = UUID().uuidString.lowercased()

    init(_ scope: TestScope, pool kind: Filesystem = .xfs, _ content: Filesystem) throws {
        self.scope = scope
        pool = try scope.pool(kind)
        image = try scope.mountedImage(in: pool.path, content)
        let file = image.path.appending("file")
        try scope.write("content", to: file)
        try Command.run("sync", ["--", file.string])
        snapshot = pool.path.appending("snapshot.img")
        try Command.run("cp", ["--reflink=always", "--", image.file.string, snapshot.string])
        try Command.run("chmod", ["0400", "--", snapshot.string])
        try Command.run("chattr", ["+i", "--", snapshot.string])
        let path = snapshot.string
        scope.atEnd("make it mutable") { try Command.run("chattr", ["-i", "--", path]) }
    }

    /// A directory to mount at, unmounted at the end of the test if it is still mounted.
    func directory() throws -> FilePath {
        let directory = try scope.freshDirectory("look")
        scope.atEnd("unmount \(directory)") {
            if try ScratchClone().mounts().contains(where: { $0.directory == directory.string }) {
                try unmountWhenFree(directory)
            }
        }
        return directory
    }

    func mount(_ file: FilePath? = nil, at directory: FilePath, _ access: ScratchAccess = .readOnly) throws -> ScratchMount {
        let file = file ?? snapshot
        let descriptor = try FileDescriptor.open(file, .readOnly)
        defer { try? descriptor.close() }
        let folder = try FileDescriptor.open(pool.path, .readOnly, options: .directory)
        defer { try? folder.close() }
        return try ScratchClone().mount(
            snapshot: descriptor.rawValue, path: file.string, uuid: uuid, pool: folder.rawValue, at: directory.string, access: access)
    }

    func checksum() throws -> String { try Command.run("sha256sum", ["--", snapshot.string]) }
}

/// A child of another test may hold a descriptor of ours until it comes to exec.
@discardableResult
private func unmountWhenFree(_ directory: FilePath) throws -> ScratchMount {
    for _ in 0..<100 {
        do { return try ScratchClone().unmount(directory.string) } catch CloneError.mountBusy { usleep(50_000) }
    }
    return try ScratchClone().unmount(directory.string)
}

private func isAttached(_ device: String) -> Bool {
    access("/sys/block/\(device.dropFirst("/dev/".count))/loop/backing_file", F_OK) == 0
}

private func text(_ path: FilePath) throws -> String { try String(contentsOfFile: path.string, encoding: .utf8) }

@Suite("Scratch clones", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct ScratchKernelTests {
    @Test(
        "each filesystem beside its mounted original, on each pool; nothing is left",
        arguments: [Filesystem.xfs, .btrfs], [Filesystem.xfs, .ext4, .btrfs])
    func besideOriginal(pool kind: Filesystem, content: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, pool: kind, content)
            let before = try scene.checksum()
            let directory = try scene.directory()
            let mount = try scene.mount(at: directory)
            let expected = ScratchMount(
                snapshot: scene.uuid, directory: directory.string, device: mount.device, type: content.mountType, access: .readOnly)
            #expect(mount == expected)
            #expect(try ScratchClone().mounts().filter { $0.directory == directory.string } == [expected])
            #expect(try text(directory.appending("file")) == "content")
            #expect(throws: Errno.readOnlyFileSystem) { try scope.write("", to: directory.appending("new")) }
            let options = try Command.run("findmnt", ["-n", "-o", "OPTIONS", directory.string])
            #expect(options.contains("nosuid") && options.contains("nodev"))

            // The original goes on, and is still what is found for the image.
            try scope.write("more", to: scene.image.path.appending("other"))
            #expect(try Command.run("ls", ["-A", scene.pool.path.string]) == "home.img\nsnapshot.img\n")
            let image = try Kernel.linux.statusOf(AT_FDCWD, scene.image.file.string).identity
            #expect(
                try ImageLocator().use(of: image, path: scene.image.file.string).filesystems.map(\.mountPoint) == [scene.image.path.string])

            #expect(try unmountWhenFree(directory) == expected)
            #expect(try waitUntil { !isAttached(mount.device) })
            #expect(try ScratchClone().mounts().filter { $0.directory == directory.string } == [])
            #expect(try scene.checksum() == before)
        }
    }

    @Test("an ext4 that has the machine panic at an error: mounted so that it goes on")
    func errorsPanic() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .ext4)
            let copy = scene.pool.path.appending("copy.img")
            try Command.run("cp", ["--reflink=always", "--", scene.snapshot.string, copy.string])
            try Command.run("chmod", ["0600", "--", copy.string])
            try Command.run("tune2fs", ["-f", "-e", "panic", copy.string])
            for access in [ScratchAccess.readOnly, .writable] {
                let directory = try scene.directory()
                _ = try scene.mount(copy, at: directory, access)
                let mount = try #require(MountLines.entries(of: Array(mountInfo().utf8)).last { $0.mountPoint == directory.string })
                #expect(mount.superOptions.contains("errors=continue"), "\(mount.superOptions)")
                try unmountWhenFree(directory)
            }
        }
    }

    @Test("XFS: the log is really dirty, so a read-only device would not do")
    func dirtyLog() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .xfs)
            let device = try scope.attach(scene.snapshot, LoopOptions(readOnly: true))
            let directory = try scene.directory()
            let outcome = try Command.outcome("mount", ["-o", "ro,nouuid", device.path.string, directory.string])
            #expect(!outcome.succeeded)
            try device.detach()
            _ = try scene.mount(at: directory)
            #expect(try text(directory.appending("file")) == "content")
        }
    }

    @Test("a read-only pool: the snapshot itself is shown, unless its log is to be replayed", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func readOnlyPool(content: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, content)
            try scene.image.mount.unmount()
            try scene.image.device.detach()
            let clean = scene.pool.path.appending("clean.img")
            try Command.run("cp", ["--reflink=always", "--", scene.image.file.string, clean.string])
            try scene.pool.mount.remount("ro")
            let directory = try scene.directory()
            #expect(throws: CloneError.readOnly(path: scene.snapshot.string)) { try scene.mount(at: directory) }
            #expect(throws: CloneError.readOnly(path: clean.string)) { try scene.mount(clean, at: directory, .writable) }
            let mount = try scene.mount(clean, at: directory)
            #expect(try ScratchClone().mounts().filter { $0.directory == directory.string } == [mount])
            #expect(try text(directory.appending("file")) == "content")
            #expect(throws: Errno.readOnlyFileSystem) { try scope.write("", to: directory.appending("new")) }
            #expect(try unmountWhenFree(directory) == mount)
            #expect(try waitUntil { !isAttached(mount.device) })
            try scene.pool.mount.remount("rw")
        }
    }

    @Test("writable: the scratch changes, the snapshot does not; each is its own", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func writable(content: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, content)
            let before = try scene.checksum()
            let (first, second) = (try scene.directory(), try scene.directory())
            #expect(try scene.mount(at: first, .writable).access == .writable)
            #expect(try scene.mount(at: second, .readOnly).access == .readOnly)
            try scope.write("scratch", to: first.appending("file"))
            #expect(try text(first.appending("file")) == "scratch")
            #expect(try text(second.appending("file")) == "content")
            #expect(throws: CloneError.scratchInTheWay(directory: first.string)) { try scene.mount(at: first) }
            for directory in [first, second] { try unmountWhenFree(directory) }
            #expect(try scene.checksum() == before)
        }
    }

    @Test("btrfs: the original can be mounted after its scratch, and again after that is gone")
    func btrfsOriginalLater() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .btrfs)
            try scene.image.mount.unmount()
            let directory = try scene.directory()
            _ = try scene.mount(at: directory)
            try scene.image.mount.mountAgain()
            #expect(try text(scene.image.path.appending("file")) == "content")
            try unmountWhenFree(directory)
            try scene.image.mount.unmount()
            try scene.image.mount.mountAgain()
            #expect(try text(scene.image.path.appending("file")) == "content")
        }
    }

    @Test("btrfs: another one was on the loop device before")
    func btrfsReusedDevice() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .btrfs)
            for round in 0..<5 {
                // mkfs makes the kernel look at both; a btrfs of two stays known after the detach.
                let others = try ["a", "b"].map {
                    try scope.attach(scope.image("\($0)-\(round).img", in: scene.pool.path, nil, size: 128 << 20))
                }
                try Command.run("mkfs.btrfs", ["-q", "-f"] + others.map(\.path.string))
                for other in others { try other.detach() }
                let directory = try scene.directory()
                let mount = try scene.mount(at: directory)
                #expect(try text(directory.appending("file")) == "content")
                try unmountWhenFree(directory)
                // The lowest free number: the same again, unless a test beside this one took it.
                if others.contains(where: { $0.path.string == mount.device }) { return }
            }
        }
    }

    @Test("in use: refused until it is not")
    func busy() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .ext4)
            let directory = try scene.directory()
            let mount = try scene.mount(at: directory)
            let open = try FileDescriptor.open(directory.appending("file"), .readOnly, options: .closeOnExec)
            #expect(throws: CloneError.mountBusy(directory: directory.string)) { try ScratchClone().unmount(directory.string) }
            #expect(isAttached(mount.device))
            try open.close()
            try unmountWhenFree(directory)
            #expect(throws: CloneError.notAScratchMount(path: directory.string)) { try ScratchClone().unmount(directory.string) }
        }
    }

    @Test("nothing but a scratch clone is unmounted, also not what lies over one")
    func notOurs() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .ext4)
            for path in [scene.image.path.string, scene.pool.path.string, scope.directory.string] {
                #expect(throws: CloneError.notAScratchMount(path: path)) { try ScratchClone().unmount(path) }
            }
            let directory = try scene.directory()
            _ = try scene.mount(at: directory)
            let inside = directory.appending("lost+found")
            #expect(throws: CloneError.notAScratchMount(path: inside.string)) { try ScratchClone().unmount(inside.string) }
            let over = try scope.bindMount(scene.pool.path, at: directory)
            #expect(throws: CloneError.notAScratchMount(path: directory.string)) { try ScratchClone().unmount(directory.string) }
            try over.unmount()
            let link = try scope.freshDirectory("link").appending("to")
            try Command.run("ln", ["-s", "--", directory.string, link.string])
            #expect(try unmountWhenFree(link).directory == directory.string)
        }
    }

    @Test("a nodatacow snapshot on btrfs")
    func noCopyOnWrite() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, pool: .btrfs, .ext4)
            let file = scene.pool.path.appending("nocow.img")
            try scope.write("", to: file)
            try Command.run("chattr", ["+C", "--", file.string])
            try Command.run("cp", ["--reflink=never", "--", scene.snapshot.string, file.string])
            let directory = try scene.directory()
            _ = try scene.mount(file, at: directory)
            #expect(try text(directory.appending("file")) == "content")
        }
    }

    @Test("what can't be mounted says why, and leaves no loop device")
    func refusals() throws {
        try TestScope.with { scope in
            let scene = try Scene(scope, .ext4)
            let directory = try scene.directory()
            let attached = { Set(SystemView.linux.loopDevices().filter { $0.label?.hasSuffix(scene.uuid) ?? false }.map(\.path)) }
            let before = attached()
            let zeros = try scope.image("zeros.img", in: scene.pool.path, nil)
            #expect(throws: CloneError.unknownFilesystem(path: zeros.string)) { try scene.mount(zeros, at: directory) }
            let disk = try scope.image("disk.img", in: scene.pool.path, nil)
            try Command.run("sh", ["-c", "printf '\\125\\252' | dd of=\"$0\" bs=1 seek=510 conv=notrunc status=none", disk.string])
            #expect(throws: CloneError.partitioned(path: disk.string)) { try scene.mount(disk, at: directory) }
            // Only the mark of a filesystem: the kernel does not take it, and the device goes away again.
            let broken = try scope.image("broken.img", in: scene.pool.path, nil)
            try Command.run("sh", ["-c", "printf XFSB | dd of=\"$0\" conv=notrunc status=none", broken.string])
            #expect {
                try scene.mount(broken, at: directory)
            } throws: {
                guard case CloneError.cannotMount(path: broken.string, filesystem: "xfs", _) = $0 else { return false }
                return true
            }
            #expect(throws: CloneError.notADirectory(path: zeros.string)) { try scene.mount(at: zeros) }
            #expect(throws: CloneError.notADirectory(path: "/no/such")) { try scene.mount(at: "/no/such") }
            #expect(try waitUntil { attached() == before })
        }
    }
}
