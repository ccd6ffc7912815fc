// Locating on real loop devices and mounts. Nothing is frozen here.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What `fstat` says of a file, and how it is in use.
private func use(of path: FilePath) throws -> ImageUse {
    try ImageLocator().use(of: identity(of: path), path: path.string)
}

private func identity(of path: FilePath) throws -> FileIdentity {
    try Kernel.linux.statusOf(AT_FDCWD, path.string).identity
}

private func refusal(of path: FilePath) throws -> FreezeRefusal? {
    do {
        _ = try use(of: path)
        return nil
    } catch CloneError.refused(let refusal) { return refusal }
}

/// Whether the filesystem's path opens the filesystem that is mounted at `mountPoint`.
private func opens(_ filesystem: InnerFilesystem, _ mountPoint: FilePath) throws -> Bool {
    try identity(of: FilePath(filesystem.openPath)) == identity(of: mountPoint)
}

/// One at a time: a new mount namespace is a copy of all mounts, and keeps those of other tests mounted for a moment.
@Suite("Locating on a real kernel", .needsRoot, .blocking, .serialized, .timeLimit(.minutes(15)))
struct LocateKernelTests {
    @Test("each filesystem on each pool, also after a rename", arguments: [Filesystem.xfs, .btrfs], [Filesystem.xfs, .ext4, .btrfs])
    func renamed(pool kind: Filesystem, image content: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let image = try scope.mountedImage(in: pool.path, content)
            let renamed = pool.path.appending("renamed.img")
            // The fixture detaches by the name it knows.
            defer { rename(renamed.string, image.file.string) }
            for path in [image.file, renamed] {
                if path == renamed { try #require(rename(image.file.string, renamed.string) == 0) }
                let filesystems = try use(of: path).filesystems
                #expect(filesystems.map(\.mountPoint) == [image.path.string])
                #expect(filesystems.map(\.type) == [content.mountType])
                #expect(filesystems.map(\.depth) == [0])
                #expect(try opens(try #require(filesystems.first), image.path))
                #expect((filesystems.first?.btrfsUUID != nil) == (content == .btrfs))
            }
            try image.mount.unmount()
            #expect(try refusal(of: renamed) == .attachedNotMounted(image: renamed.string, device: image.device.path.string))
            try #require(rename(renamed.string, image.file.string) == 0)
            try image.device.detach()
            #expect(try use(of: image.file) == .detached)
        }
    }

    @Test("bind mounts, a read-only mount, odd names: each filesystem once")
    func bindMounts() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs, name: "pool\twith space\\and (deleted)")
            let odd = scope.directory.appending("mount\n point\\040")
            try Command.run("mkdir", ["--", odd.string])
            let image = try scope.mountedImage("home.img (deleted)", in: pool.path, .ext4, options: "ro", at: odd)
            _ = try scope.bindMount(odd)
            let filesystems = try use(of: image.file).filesystems
            #expect(filesystems.map(\.openPath) == [odd.string])
            #expect(try MountPointTracer().image(at: odd.string) == image.file.string)
        }
    }

    @Test("two filesystems by offset; read-only; attached only")
    func offsets() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let file = try scope.image("two.img", in: pool.path, nil, size: 128 << 20)
            let first = try scope.attach(file, LoopOptions(sizeLimit: 64 << 20))
            let second = try scope.attach(file, LoopOptions(offset: 64 << 20))
            for device in [first, second] { try Filesystem.ext4.make(on: device.path) }
            let one = try scope.mount(first.path, .ext4)
            #expect(try refusal(of: file) == .attachedNotMounted(image: file.string, device: second.path.string))
            let two = try scope.mount(second.path, .ext4)
            #expect(try Set(use(of: file).filesystems.map(\.mountPoint)) == [one.path.string, two.path.string])
            for mount in [one, two] { try mount.unmount() }
            for device in [first, second] { try device.detach() }
            let readOnly = try scope.attach(file, LoopOptions(readOnly: true))
            #expect(try use(of: file) == .attachedReadOnly(device: readOnly.path.string))
        }
    }

    @Test("an image in an image, in an image", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func nested(outer kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs, size: 2 << 30)
            let outer = try scope.mountedImage("outer.img", in: pool.path, kind, size: 1 << 30)
            let directory = outer.path.appending("sub")
            try Command.run(
                kind == .btrfs ? "btrfs" : "mkdir", kind == .btrfs ? ["subvolume", "create", directory.string] : [directory.string])
            let middle = try scope.mountedImage("middle.img", in: directory, .btrfs, size: 256 << 20)
            let innermost = try scope.mountedImage("innermost.img", in: middle.path, .ext4)
            let beside = try scope.mountedImage("beside.img", in: pool.path, .ext4)
            let paths = [innermost.path, middle.path, outer.path].map(\.string)
            #expect(try use(of: outer.file).filesystems.map(\.mountPoint) == paths)
            #expect(try use(of: outer.file).filesystems.map(\.depth) == [2, 1, 0])
            #expect(try use(of: middle.file).filesystems.map(\.mountPoint) == Array(paths.dropLast()))
            #expect(try use(of: beside.file).filesystems.map(\.mountPoint) == [beside.path.string])
            // Its name is gone, its place is not.
            try Command.run("rm", ["--", middle.file.string])
            #expect(try use(of: outer.file).filesystems.map(\.mountPoint) == paths)
        }
    }

    @Test("what is on one filesystem of the image, and what is not: by st_dev, on btrfs by UUID", arguments: [Filesystem.xfs, .btrfs])
    func contains(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.btrfs)
            let image = try scope.mountedImage(in: pool.path, kind)
            let directory = image.path.appending("sub")
            try Command.run(
                kind == .btrfs ? "btrfs" : "mkdir", kind == .btrfs ? ["subvolume", "create", directory.string] : [directory.string])
            let filesystem = try #require(try use(of: image.file).filesystems.first)
            let cases: [(FilePath, Bool)] = [(directory.appending("f"), true), (image.path.appending("f"), true), (image.file, false)]
            for (path, expected) in cases {
                let file = try FileDescriptor.open(path, .readWrite, options: .create, permissions: .ownerReadWrite)
                defer { try? file.close() }
                #expect(filesystem.contains(descriptor: file.rawValue) == expected, "\(path)")
                #expect(filesystem.isOpened(by: file.rawValue) == expected, "\(path)")
            }
            for (path, expected) in [(directory, true), (image.path, true), (pool.path, false)] {
                let folder = try FileDescriptor.open(path, .readOnly, options: .directory)
                defer { try? folder.close() }
                #expect(filesystem.isOpened(by: folder.rawValue) == expected, "\(path)")
                #expect(!filesystem.contains(descriptor: folder.rawValue), "a directory is not written to")
            }
            #expect(!filesystem.contains(descriptor: -1))
        }
    }

    @Test("without the right to ask loop devices: by their paths", arguments: [Filesystem.xfs, .btrfs])
    func unprivileged(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let image = try scope.mountedImage(in: pool.path, kind)
            var view = SystemView.linux
            view.loopStatus = { _ in .unknown }
            // Images of other tests come and go, and one that is going can't be told from one that lies in this: that is refused.
            let own = Set([image.device, pool.device].compactMap { $0?.path.lastComponent?.string })
            let list = view.list
            view.list = { directory in directory == "/sys/block" ? list(directory).filter(own.contains) : list(directory) }
            let use = try ImageLocator(view: view).use(of: identity(of: image.file), path: image.file.string)
            #expect(use.filesystems.map(\.mountPoint) == [image.path.string])
        }
    }

    @Test("mounted in another mount namespace alone: opened through /proc")
    func otherNamespace() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let image = try scope.image(in: pool.path, .ext4)
            let device = try scope.attach(image)
            let mountPoint = try scope.freshDirectory("elsewhere")
            let shell = Tool(executable: "/usr/bin/unshare")
            let script = """
                awk '$5 ~ /losnap-test/ && $5 !~ /\\\\/ { print $5 }' /proc/self/mountinfo | sort -r | while read -r path; do umount -l "$path"; done
                mount -t ext4 \(device.path) \(mountPoint) && exec sleep 60
                """
            let process = try scope.start(shell.invocation(["--mount", "/bin/sh", "-c", script]))
            let seen = try waitUntil { (try? use(of: image).filesystems.isEmpty) == false }
            try #require(seen, "\(process.poll() as Any)")
            let filesystem = try #require(try use(of: image).filesystems.first)
            #expect(filesystem.mountPoint == mountPoint.string)
            #expect(filesystem.openPath.hasPrefix("/proc/"))
            #expect(try identity(of: FilePath(filesystem.openPath)) != identity(of: mountPoint))
            #expect(access("\(filesystem.openPath)/lost+found", F_OK) == 0)
            process.end()
            #expect(try waitUntil { try refusal(of: image) != nil })
        }
    }

    @Test("mounted and unmounted beside us all the time: found, or busy; never what would do harm, or not help, a moment later")
    func comesAndGoes() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let image = try scope.image(in: pool.path, .ext4)
            let place = try scope.freshDirectory("place")
            scope.atEnd("unmount \(place)") {
                while try Command.outcome("umount", [place.string]).succeeded {}
            }
            let script = "while :; do mount -o loop \(image) \(place); umount \(place); done"
            let process = try scope.start(Tool(executable: "/bin/sh").invocation(["-c", script]))
            let file = try identity(of: image)
            var found: Set<Bool> = []
            for _ in 0..<(TestLength.isLong ? 3000 : 150) {
                do {
                    let use = try ImageLocator().steadyUse(of: file, path: image.string)
                    found.insert(use == .detached)
                } catch CloneError.mountsChanging {}
                do { _ = try MountPointTracer().image(at: place.string) } catch CloneError.notAMountPoint, CloneError.mountsChanging {}
                usleep(UInt32.random(in: 0...3000))
            }
            #expect(found.contains(true) || found.contains(false))
            #expect(process.poll() == nil)
            process.end()
        }
    }

    @Test("replaced while mounted, by a rename over it and by a new file")
    func replaced() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let image = try scope.mountedImage(in: pool.path, .ext4)
            let new = try scope.image("new.img", in: pool.path, .ext4)
            try Command.run("mv", ["--", new.string, image.file.string])
            #expect(try refusal(of: image.file) == .replacedWhileMounted(image: image.file.string, mountPoint: image.path.string))
            #expect(throws: CloneError.self) { try MountPointTracer().image(at: image.path.string) }
            try image.mount.unmount()
            let expected = FreezeRefusal.replacedWhileMounted(image: image.file.string, mountPoint: image.device.path.string)
            #expect(try waitUntil { try refusal(of: image.file) == expected })
        }
    }

    @Test("btrfs over two images: refused, and for the one that holds both it is not", .timeLimit(.minutes(15)))
    func btrfsOfTwo() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs, size: 2 << 30)
            let outer = try scope.mountedImage("outer.img", in: pool.path, .xfs, size: 1 << 30)
            let files = try ["a.img", "b.img"].map { try scope.image($0, in: outer.path, nil, size: 128 << 20) }
            let devices = try files.map { try scope.attach($0) }
            try Command.run("mkfs.btrfs", ["-q", "-f"] + devices.map(\.path.string))
            let options = devices.map { "device=\($0.path)" }.joined(separator: ",")
            let mount = try scope.mount(devices[0].path, .btrfs, options: options)
            for file in files {
                #expect(
                    try refusal(of: file) == .oneOfSeveralDevices(image: file.string, filesystem: "the btrfs at \(mount.path)"))
            }
            #expect(try use(of: outer.file).filesystems.map(\.mountPoint) == [mount.path.string, outer.path.string])
            #expect(throws: CloneError.self) { try MountPointTracer().image(at: mount.path.string) }
        }
    }

    @Test("XFS with its log on another image: both are refused")
    func externalLog() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let data = try scope.image("data.img", in: pool.path, nil, size: 320 << 20)
            let log = try scope.image("log.img", in: pool.path, nil, size: 64 << 20)
            let devices = try [data, log].map { try scope.attach($0) }
            try Command.run("mkfs.xfs", ["-q", "-f", "-l", "logdev=\(devices[1].path)", devices[0].path.string])
            let mount = try scope.mount(devices[0].path, .xfs, options: "logdev=\(devices[1].path)")
            #expect(try refusal(of: data) == .externalLog(image: data.string, mountPoint: mount.path.string))
            #expect(try refusal(of: log) == .oneOfSeveralDevices(image: log.string, filesystem: "the XFS at \(mount.path)"))
        }
    }

    @Test("ext4 with its journal on another image: both are refused")
    func externalJournal() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let data = try scope.image("data.img", in: pool.path, nil, size: 64 << 20)
            let journal = try scope.image("journal.img", in: pool.path, nil, size: 64 << 20)
            let devices = try [data, journal].map { try scope.attach($0) }
            try Command.run("mkfs.ext4", ["-q", "-F", "-b", "4096", "-O", "journal_dev", devices[1].path.string])
            try Command.run("mkfs.ext4", ["-q", "-F", "-b", "4096", "-J", "device=\(devices[1].path)", devices[0].path.string])
            let mount = try scope.mount(devices[0].path, .ext4)
            #expect(try refusal(of: data) == .externalLog(image: data.string, mountPoint: mount.path.string))
            #expect(try refusal(of: journal) == .oneOfSeveralDevices(image: journal.string, filesystem: "an ext4 filesystem"))
        }
    }

    @Test("from a mount point to the image; from elsewhere not")
    func tracer() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.btrfs)
            let image = try scope.mountedImage(in: pool.path, .btrfs)
            let tracer = MountPointTracer()
            #expect(try tracer.image(at: image.path.string) == image.file.string)
            let inside = try scope.freshDirectory("link").appending("to")
            try Command.run("ln", ["-s", "--", image.path.string, inside.string])
            #expect(try tracer.image(at: inside.string) == image.file.string)
            let directory = image.path.appending("d")
            try Command.run("mkdir", ["--", directory.string])
            #expect(throws: CloneError.notAMountPoint(path: directory.string, mountPoint: image.path.string)) {
                try tracer.image(at: directory.string)
            }
            #expect(throws: CloneError.notOnAnImage(mountPoint: "/proc", device: "proc")) { try tracer.image(at: "/proc") }
            #expect(throws: CloneError.noSuchFile(path: "/no/such")) { try tracer.image(at: "/no/such") }
        }
    }
}

/// Waits up to ten seconds for something to become true.
func waitUntil(_ condition: () throws -> Bool) throws -> Bool {
    for _ in 0..<500 {
        if try condition() { return true }
        usleep(20_000)
    }
    return try condition()
}
