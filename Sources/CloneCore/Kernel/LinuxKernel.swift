// The real kernel. The rule: one system call a closure, errno read at once (in C), no memory taken by those that a frozen window uses.

internal import CLinux
internal import Glibc
internal import SystemPackage

extension InodeFlags {
    /// Nobody may write, rename, link or remove the file (chattr +i).
    public static let immutable = InodeFlags(rawValue: UInt32(CLINUX_FLAG_IMMUTABLE))
    /// It may only grow at its end (chattr +a).
    public static let appendOnly = InodeFlags(rawValue: UInt32(CLINUX_FLAG_APPEND))
    /// btrfs writes it in place (chattr +C).
    public static let noCopyOnWrite = InodeFlags(rawValue: UInt32(CLINUX_FLAG_NOCOW))
}

/// Turns the shim's -errno into a throw.
@inline(__always)
func check(_ result: CInt) throws(Errno) {
    if result < 0 { throw Errno(rawValue: -result) }
}

/// The same for calls that return a descriptor or a number.
@inline(__always)
func value(_ result: CInt) throws(Errno) -> CInt {
    if result < 0 { throw Errno(rawValue: -result) }
    return result
}

/// The same for libc's functions, which leave their error in errno.
@inline(__always)
private func libc(_ result: CInt) throws(Errno) {
    if result != 0 { throw Errno(rawValue: errno) }
}

extension FileStatus {
    init(_ raw: clinux_status) {
        self.init(
            identity: FileIdentity(device: raw.device, inode: raw.inode), size: raw.size, allocatedBytes: raw.blocks &* 512,
            mode: raw.mode, uid: raw.uid, gid: raw.gid, links: raw.links, isImmutable: raw.immutable != 0,
            modifiedAt: raw.mtime_seconds &* 1000 &+ Int64(raw.mtime_nanoseconds / 1_000_000))
    }
}

private func openFile(_ directory: CInt, _ name: String, _ flags: OpenFlags, _ mode: UInt32) throws(Errno) -> CInt {
    var bits = flags.contains(.write) ? O_RDWR : O_RDONLY
    if flags.contains(.directory) { bits |= O_DIRECTORY }
    if flags.contains(.createNew) { bits |= O_CREAT | O_EXCL }
    if flags.contains(.create) { bits |= O_CREAT }
    if flags.contains(.nonBlocking) { bits |= O_NONBLOCK }
    if flags.contains(.pathOnly) { bits |= CInt(CLINUX_O_PATH) }
    if !flags.contains(.followLinks) { bits |= O_NOFOLLOW }
    let resolve: UInt64 = flags.contains(.noLinks) ? UInt64(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS) : 0
    return try value(clinux_openat2(directory, name, UInt64(UInt32(bitPattern: bits)), mode, resolve))
}

private func readXattr(_ descriptor: CInt, _ name: String) throws(Errno) -> [UInt8] {
    // The kernel takes as much memory as it is offered, page by page, so it is offered a page first. 64 KiB is its own limit (XATTR_SIZE_MAX).
    do throws(Errno) {
        return try readXattr(descriptor, name, room: 4096)
    } catch .outOfRange {
        return try readXattr(descriptor, name, room: 65536)
    }
}

private func readXattr(_ descriptor: CInt, _ name: String, room: Int) throws(Errno) -> [UInt8] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        let length = clinux_fgetxattr(descriptor, name, buffer.baseAddress, buffer.count)
        if length < 0 { failure = CInt(-length) }
        count = max(0, Int(length))
    }
    if failure != 0 { throw Errno(rawValue: failure) }
    return bytes
}

private func readXattrNames(_ descriptor: CInt) throws(Errno) -> [String] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
        let length = buffer.withMemoryRebound(to: CChar.self) { clinux_flistxattr(descriptor, $0.baseAddress, $0.count) }
        if length < 0 { failure = CInt(-length) }
        count = max(0, Int(length))
    }
    if failure != 0 { throw Errno(rawValue: failure) }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

private func status(_ directory: CInt, _ name: String) throws(Errno) -> FileStatus {
    var raw = clinux_status()
    try check(clinux_status_of(directory, name, &raw))
    return FileStatus(raw)
}

extension Kernel {
    /// The kernel this process runs on.
    public static let linux = Kernel(
        freeze: { (fd) throws(Errno) in try check(clinux_freeze(fd)) },
        thaw: { (fd) throws(Errno) in try check(clinux_thaw(fd)) },
        syncFilesystem: { (fd) throws(Errno) in try check(clinux_syncfs(fd)) },
        clone: { (destination, source) throws(Errno) in try check(clinux_ficlone(destination, source)) },
        cloneRange: { (destination, source, offset, length) throws(Errno) in
            try check(clinux_ficlonerange(destination, source, offset, length))
        },
        readExtents: { (fd, buffer, start, limit, writeOut) throws(Errno) in
            try buffer.fill(from: fd, start: start, limit: limit, writeOut: writeOut)
        },
        open: { (directory, name, flags, mode) throws(Errno) in try openFile(directory, name, flags, mode) },
        openNameless: { (directory, mode) throws(Errno) in try value(clinux_open_tmpfile(directory, mode)) },
        close: { fd in _ = Glibc.close(fd) },
        link: { (fd, directory, name) throws(Errno) in try check(clinux_link_fd(fd, directory, name)) },
        unlink: { (directory, name) throws(Errno) in try libc(unlinkat(directory, name, 0)) },
        removeDirectory: { (directory, name) throws(Errno) in try libc(unlinkat(directory, name, AT_REMOVEDIR)) },
        makeDirectory: { (directory, name, mode) throws(Errno) in try libc(mkdirat(directory, name, mode)) },
        rename: { (from, name, to, newName, how) throws(Errno) in
            let flags: UInt32 =
                switch how {
                case .replace: 0
                case .keepExisting: UInt32(RENAME_NOREPLACE)
                case .exchange: UInt32(RENAME_EXCHANGE)
                }
            try check(clinux_renameat2(from, name, to, newName, flags))
        },
        status: { (fd) throws(Errno) in try CloneCore.status(fd, "") },
        statusOf: { (directory, name) throws(Errno) in try CloneCore.status(directory, name) },
        filesystemStatus: { (fd) throws(Errno) in
            var raw = clinux_filesystem()
            try check(clinux_statfs(fd, &raw))
            return FilesystemStatus(
                magic: raw.magic, blockBytes: raw.block_size, totalBytes: raw.total_blocks &* raw.block_size,
                availableBytes: raw.available_blocks &* raw.block_size,
                isReadOnly: raw.read_only != 0)
        },
        truncate: { (fd, size) throws(Errno) in try libc(ftruncate(fd, Int(clamping: size))) },
        setMode: { (fd, mode) throws(Errno) in try libc(fchmod(fd, mode)) },
        setOwner: { (fd, uid, gid) throws(Errno) in try libc(fchown(fd, uid, gid)) },
        getXattr: { (fd, name) throws(Errno) in try readXattr(fd, name) },
        setXattr: { (fd, name, bytes) throws(Errno) in try check(clinux_fsetxattr(fd, name, bytes, bytes.count)) },
        removeXattr: { (fd, name) throws(Errno) in try check(clinux_fremovexattr(fd, name)) },
        listXattrs: { (fd) throws(Errno) in try readXattrNames(fd) },
        inodeFlags: { (fd) throws(Errno) in
            var flags: UInt32 = 0
            try check(clinux_get_flags(fd, &flags))
            return InodeFlags(rawValue: flags)
        },
        setInodeFlags: { (fd, flags) throws(Errno) in try check(clinux_set_flags(fd, flags.rawValue)) },
        extentHints: { (fd) throws(Errno) in
            var raw = fsxattr()
            try check(clinux_get_fsxattr(fd, &raw))
            return ExtentHints(
                flags: raw.fsx_xflags, extentSize: raw.fsx_extsize, projectID: raw.fsx_projid, cowExtentSize: raw.fsx_cowextsize)
        },
        setExtentHints: { (fd, hints) throws(Errno) in
            var raw = fsxattr()
            try check(clinux_get_fsxattr(fd, &raw))
            raw.fsx_xflags = hints.flags
            raw.fsx_extsize = hints.extentSize
            raw.fsx_projid = hints.projectID
            raw.fsx_cowextsize = hints.cowExtentSize
            try check(clinux_set_fsxattr(fd, &raw))
        },
        synchronize: { (fd) throws(Errno) in try libc(fsync(fd)) },
        synchronizeData: { (fd) throws(Errno) in try libc(fdatasync(fd)) },
        lock: { (fd, wait) throws(Errno) in try check(clinux_flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB))) },
        takeLease: { (fd) throws(Errno) in try check(clinux_take_read_lease(fd)) },
        leaseHolds: { (fd) throws(Errno) in try value(clinux_read_lease_holds(fd)) == 1 },
        dropLease: { (fd) throws(Errno) in try check(clinux_drop_lease(fd)) },
        realTime: {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        },
        bootTime: { clinux_boot_time() },
        threadUsage: {
            var usage = ThreadUsage(running: 0, sleeps: 0)
            clinux_thread_usage(&usage.running, &usage.sleeps)
            return usage
        },
        commitTransaction: { (fd) throws(Errno) in try check(clinux_btrfs_commit(fd)) },
        pause: { nanoseconds in
            var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
            nanosleep(&time, nil)
        }
    )
}
