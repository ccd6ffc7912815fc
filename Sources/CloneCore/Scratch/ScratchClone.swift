// A scratch clone: a look inside a snapshot without touching it. The snapshot is cloned into a nameless file, and that is mounted, because
// XFS and ext4 have a log to replay, which writes. On a pool that is mounted read-only no clone can be made: there the snapshot itself is
// attached, read-only. The rule: the mount is the only thing that holds it; nothing is left after it.

internal import CLinux
internal import Glibc
internal import SystemPackage

/// Makes, finds and ends scratch clones.
public struct ScratchClone: Sendable {
    let kernel: Kernel
    let view: SystemView

    public init(kernel: Kernel = .linux, view: SystemView = .linux) {
        self.kernel = kernel
        self.view = view
    }

    /// Clones the snapshot into a nameless file, attaches that to a loop device and mounts it, without set-uid programs and devices.
    ///
    /// - Parameters:
    ///   - snapshot: open for reading; may be immutable.
    ///   - path: the snapshot's path, for messages.
    ///   - uuid: the snapshot's UUID; `mounts` gives it back. At most 56 bytes.
    ///   - pool: a directory on the snapshot's filesystem; nothing gets a name in it.
    ///   - directory: an existing directory to mount it at.
    ///   - logIsWritten: whether all that is in the log of the filesystem is in its place, too, as after a freeze: then XFS can be shown without
    ///     replaying its log (xfs_log_quiesce), which nobody can do where nothing can be written.
    /// - Throws: `.readOnly` when the pool is, and there is a log to replay or writing is wanted;
    ///   `.notADirectory`, `.scratchInTheWay`, `.mountPointTaken`, `.partitioned`, `.unknownFilesystem`, `.sameUUIDMounted`, `.cannotMount`,
    ///   `.differentFilesystem`, `.full`, `.notPermitted`.
    public func mount(
        snapshot: CInt, path: String, uuid: String, pool: CInt, at directory: String, access: ScratchAccess, logIsWritten: Bool = false
    ) throws(CloneError) -> ScratchMount {
        let content = try ImageContent.of(snapshot, path: path)
        // Mounted by descriptor, so that it is the directory that was looked at.
        let (place, real) = try Self.find(directory, kernel: kernel)
        if try mounts().contains(where: { $0.directory == real }) { throw .scratchInTheWay(directory: directory) }
        // Over a live `/home` its users would go on writing into a copy that vanishes.
        if try topMount(at: real) != nil { throw .mountPointTaken(directory: directory) }

        let clone = try cloneNamelessIfWritable(snapshot, path, pool, access)
        defer { if let clone { kernel.close(clone) } }
        // A loop device is read-only when its descriptor is.
        let loop = try ScratchLoop(attaching: clone ?? snapshot, uuid: uuid, image: path)
        // Of a btrfs with several devices the kernel remembers them by number, also unmounted and detached. If this loop device was one,
        // and the original is mounted, it takes the clone for that one and refuses it (Linux 6.18: EINVAL, "fsid doesn't match").
        if content == .btrfs { _ = clinux_btrfs_forget(loop.path) }
        var flags = UInt(CLINUX_MS_NOSUID) | UInt(CLINUX_MS_NODEV)
        if access == .readOnly { flags |= UInt(CLINUX_MS_RDONLY) }
        func mount(_ options: String) -> CInt {
            clinux_mount(loop.path, "/proc/self/fd/\(place.descriptor)", content.rawValue, flags, options)
        }
        var result = mount(content.mountOptions)
        if result == -EROFS, clone == nil, logIsWritten, content == .xfs { result = mount(content.mountOptions + ",norecovery") }
        // btrfs says so when it has a log to replay ("log replay required on RO media").
        if result == -EIO, clone == nil, !logIsWritten, content == .btrfs { result = -EROFS }
        // A filesystem that can't write its log says EIO, whatever kept the loop device from writing.
        if result == -EIO, isFull(pool) { throw .full(path: path) }
        if result < 0 { throw Self.mountError(Errno(rawValue: -result), path, content) }
        return ScratchMount(snapshot: uuid, directory: real, device: loop.path, type: content.rawValue, access: access)
    }

    /// All scratch clones mounted in this mount namespace. Only root may ask loop devices whose they are: none for others.
    public func mounts() throws(CloneError) -> [ScratchMount] {
        let candidates = view.loopDevices().filter { loop in
            guard let label = loop.label else { return false }
            return label.hasPrefix(ScratchLoop.mark) && loop.isAutoclear && (loop.unmarkedPath != nil || loop.isReadOnly)
        }
        if candidates.isEmpty { return [] }
        let numbers = candidates.map { view.read("/sys/block/\($0.name)/dev").flatMap { DeviceNumber($0) } }
        let btrfs = candidates.map { view.btrfs(on: $0.name)?.uuid }
        var found: [[ScratchMount]] = candidates.map { _ in [] }
        // Our own mounts alone: what another namespace has of them is not ours to list.
        try view.readMounts("", .possiblyInImages(and: []), nil) { entry in
            let uuid = entry.type == "btrfs" && btrfs.contains { $0 != nil } ? view.filesystem(entry.mountPoint)?.btrfsUUID : nil
            for (index, loop) in candidates.enumerated() where numbers[index] == entry.device || uuid != nil && btrfs[index] == uuid {
                found[index].append(
                    ScratchMount(
                        snapshot: String((loop.label ?? "").dropFirst(ScratchLoop.mark.count)), directory: entry.mountPoint,
                        device: loop.path, type: entry.type, access: entry.options.contains("rw") ? .writable : .readOnly))
            }
            return true
        }
        return found.flatMap(\.self)
    }

    /// The mount that lies on top at that place, of our own.
    private func topMount(at real: String) throws(CloneError) -> MountEntry? {
        var top: MountEntry?
        try view.readMounts("", .all, nil) { entry in
            if entry.mountPoint == real { top = entry }
            return true
        }
        return top
    }

    /// Unmounts a scratch clone; the loop device and the clone vanish with it. Refuses to unmount anything else.
    ///
    /// - Throws: `.notAScratchMount`, `.mountBusy`, `.notPermitted`.
    @discardableResult
    public func unmount(_ directory: String) throws(CloneError) -> ScratchMount {
        let real = try pathMindingLinks(directory, kernel: kernel)
        guard let name = FilePath(real).lastComponent?.string else { throw .notAScratchMount(path: directory) }
        // The directory above is held first, and what is mounted in it looked at then: a mount point can't be renamed (EBUSY, rename(2)), so nobody
        // can put another mount there any more. A descriptor of the mount itself would keep it busy.
        let parent = try openDirectoryWithoutLinks(FilePath(real).removingLastComponent().string, kernel: kernel)
        guard let there = identity(of: name, in: parent),
            let mount = try mounts().last(where: { $0.directory == real && isOf($0, there) })
        else { throw .notAScratchMount(path: directory) }
        let result = withExtendedLifetime(parent) {
            clinux_umount("/proc/self/fd/\(parent.descriptor)/\(name)", CInt(CLINUX_UMOUNT_NOFOLLOW))
        }
        switch -result {
        case 0: return mount
        case EBUSY: throw .mountBusy(directory: directory)
        // A directory in the mount, which has its name only.
        case EINVAL: throw .notAScratchMount(path: directory)
        default: throw CloneError(Errno(rawValue: -result), .unmount, directory)
        }
    }

    /// The filesystem that lies on top at a name in a directory.
    private func identity(of name: String, in directory: OpenFile) -> FilesystemIdentity? {
        guard let place = try? OpenFile(name, in: directory, flags: [.directory, .pathOnly], kernel: kernel),
            let file = try? place.reopened([.directory, .nonBlocking], path: place.path)
        else { return nil }
        return FilesystemIdentity.of(file.descriptor)
    }

    /// Whether that filesystem is a mount's.
    private func isOf(_ mount: ScratchMount, _ identity: FilesystemIdentity) -> Bool {
        let name = String(mount.device.dropFirst("/dev/".count))
        if let uuid = identity.btrfsUUID { return view.btrfs(on: name)?.uuid == uuid }
        return view.read("/sys/block/\(name)/dev").flatMap { DeviceNumber($0) } == identity.device
    }

    /// The directory to mount at, and its path without links.
    private static func find(_ directory: String, kernel: Kernel) throws(CloneError) -> (OpenFile, String) {
        let found: FoundPath
        do throws(CloneError) {
            found = try findMindingLinks(directory, kernel: kernel)
        } catch .noSuchFile {
            throw .notADirectory(path: directory)
        } catch {
            throw error
        }
        guard let file = found.file, found.status?.kind == .directory else { throw .notADirectory(path: directory) }
        return (file, found.path)
    }

    /// Nil where no clone can be made because the pool is mounted read-only, if nobody wants to write into it.
    private func cloneNamelessIfWritable(
        _ snapshot: CInt, _ path: String, _ pool: CInt, _ access: ScratchAccess
    ) throws(CloneError) -> CInt? {
        do {
            return try cloneNameless(snapshot, path, pool)
        } catch .readOnly where access == .readOnly {
            return nil
        }
    }

    private func cloneNameless(_ snapshot: CInt, _ path: String, _ pool: CInt) throws(CloneError) -> CInt {
        let clone = try calling(.createFile, path) { () throws(Errno) in try kernel.openNameless(pool, 0o600) }
        do {
            // On btrfs both must be nodatacow, or neither; elsewhere there is no such flag.
            if let flags = try? kernel.inodeFlags(snapshot), flags.contains(.noCopyOnWrite) {
                try kernel.setInodeFlags(clone, .noCopyOnWrite)
            }
            try kernel.clone(clone, snapshot)
            return clone
        } catch {
            kernel.close(clone)
            if error as Errno == .improperLink { throw .differentFilesystem(image: path, directory: "the pool") }
            throw CloneError(error, .clone, path)
        }
    }

    /// Whether a pool has no room for what the replay of a log may write.
    private func isFull(_ pool: CInt) -> Bool {
        guard let file = try? kernel.openNameless(pool, 0o600) else { return false }
        defer { kernel.close(file) }
        return [ENOSPC, EDQUOT].contains(posix_fallocate(file, 0, 4 << 20))
    }

    private static func mountError(_ error: Errno, _ path: String, _ content: ImageContent) -> CloneError {
        switch error {
        case .fileExists: .sameUUIDMounted(path: path, filesystem: content.rawValue)
        case .notPermitted, .permissionDenied: .notPermitted(path: path, during: .mount)
        // Only of a device that can't be written.
        case .readOnlyFileSystem: .readOnly(path: path)
        default: .cannotMount(path: path, filesystem: content.rawValue, error)
        }
    }
}
