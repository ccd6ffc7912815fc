// Every system call that creates, freezes, clones, names or removes goes through this struct of closures, so that a test can
// record them, make the n-th one fail, and let time pass. The rule: nobody above calls such a system call by itself.

public import SystemPackage

/// What statx(2) tells of a file.
public struct FileStatus: Sendable, Hashable {
    /// The file's identity: device and inode number.
    public var identity: FileIdentity
    /// Length in bytes.
    public var size: UInt64
    /// Bytes on disk, as `du` counts them (512-byte blocks).
    public var allocatedBytes: UInt64
    /// Type and permission bits, as st_mode.
    public var mode: UInt32
    /// The owner's user id.
    public var uid: UInt32
    /// The owning group's id.
    public var gid: UInt32
    /// The number of hard links.
    public var links: UInt32
    /// Whether the immutable flag is set (chattr +i), where the filesystem tells.
    public var isImmutable: Bool
    /// When its content was last changed: milliseconds since 1970, UTC.
    public var modifiedAt: Int64
    /// The kind of file.
    public var kind: FileKind { FileKind(mode: mode) }
    /// The permission bits alone.
    public var permissions: UInt32 { mode & 0o7777 }

    public init(
        identity: FileIdentity, size: UInt64, allocatedBytes: UInt64, mode: UInt32, uid: UInt32, gid: UInt32, links: UInt32,
        isImmutable: Bool, modifiedAt: Int64 = 0
    ) {
        self.identity = identity
        self.size = size
        self.allocatedBytes = allocatedBytes
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.links = links
        self.isImmutable = isImmutable
        self.modifiedAt = modifiedAt
    }
}

/// Device and inode number: which file it is while it exists. Not stable across mounts; never stored.
public struct FileIdentity: Sendable, Hashable {
    /// st_dev.
    public var device: UInt64
    /// st_ino.
    public var inode: UInt64

    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// The kinds of file that losnap tells apart.
public enum FileKind: String, Sendable {
    case regular = "a regular file"
    case directory = "a directory"
    case symbolicLink = "a symbolic link"
    case blockDevice = "a block device"
    case other = "neither a file nor a directory"

    init(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o100000: self = .regular
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink
        case 0o060000: self = .blockDevice
        default: self = .other
        }
    }
}

/// What statfs(2) tells of the filesystem that a descriptor is on.
public struct FilesystemStatus: Sendable, Hashable {
    /// f_type, linux/magic.h.
    public var magic: UInt64
    /// The size of its blocks, in bytes.
    public var blockBytes: UInt64
    /// All of its space, in bytes.
    public var totalBytes: UInt64
    /// Space that an ordinary user may still fill, in bytes.
    public var availableBytes: UInt64
    /// Whether it is mounted read-only.
    public var isReadOnly: Bool

    public init(magic: UInt64, blockBytes: UInt64 = 4096, totalBytes: UInt64, availableBytes: UInt64, isReadOnly: Bool) {
        self.magic = magic
        self.blockBytes = blockBytes
        self.totalBytes = totalBytes
        self.availableBytes = availableBytes
        self.isReadOnly = isReadOnly
    }
}

/// The project id and extent size hints of a file (ioctl_xfs_fsgetxattr(2)).
public struct ExtentHints: Sendable, Hashable {
    /// fsx_xflags; carries which hints are in force.
    public var flags: UInt32
    /// The extent size hint, in bytes.
    public var extentSize: UInt32
    /// The project id, for quota.
    public var projectID: UInt32
    /// The copy-on-write extent size hint, in bytes.
    public var cowExtentSize: UInt32

    public init(flags: UInt32, extentSize: UInt32, projectID: UInt32, cowExtentSize: UInt32) {
        self.flags = flags
        self.extentSize = extentSize
        self.projectID = projectID
        self.cowExtentSize = cowExtentSize
    }
}

/// The system calls, as closures. `Kernel.linux` is the real one.
///
/// Each throws the errno it got and nothing else. Names are plain names relative to a directory descriptor unless said otherwise.
public struct Kernel: Sendable {
    // Freezing: linux/fs.h, FIFREEZE and FITHAW.
    public var freeze: @Sendable (_ descriptor: CInt) throws(Errno) -> Void
    public var thaw: @Sendable (_ descriptor: CInt) throws(Errno) -> Void
    public var syncFilesystem: @Sendable (_ descriptor: CInt) throws(Errno) -> Void

    // Cloning: ioctl_ficlonerange(2).
    public var clone: @Sendable (_ destination: CInt, _ source: CInt) throws(Errno) -> Void
    /// A length of 0 means to the end of the source.
    public var cloneRange: @Sendable (_ destination: CInt, _ source: CInt, _ offset: UInt64, _ length: UInt64) throws(Errno) -> Void

    // Extent maps: FS_IOC_FIEMAP.
    /// Fills the buffer with at most `limit` extents from `start` on; with `writeOut` what is dirty is written before (FIEMAP_FLAG_SYNC). Says
    /// how many.
    public var readExtents:
        @Sendable (_ descriptor: CInt, _ buffer: ExtentBuffer, _ start: UInt64, _ limit: Int, _ writeOut: Bool) throws(Errno) -> Int

    // Opening and naming.
    /// openat2(2); O_CLOEXEC is always added.
    public var open: @Sendable (_ directory: CInt, _ name: String, _ flags: OpenFlags, _ mode: UInt32) throws(Errno) -> CInt
    public var openNameless: @Sendable (_ directory: CInt, _ mode: UInt32) throws(Errno) -> CInt
    public var close: @Sendable (_ descriptor: CInt) -> Void
    public var link: @Sendable (_ descriptor: CInt, _ directory: CInt, _ name: String) throws(Errno) -> Void
    public var unlink: @Sendable (_ directory: CInt, _ name: String) throws(Errno) -> Void
    public var removeDirectory: @Sendable (_ directory: CInt, _ name: String) throws(Errno) -> Void
    public var makeDirectory: @Sendable (_ directory: CInt, _ name: String, _ mode: UInt32) throws(Errno) -> Void
    public var rename: @Sendable (_ from: CInt, _ name: String, _ to: CInt, _ newName: String, _ how: RenameMode) throws(Errno) -> Void

    // What a file is and carries.
    public var status: @Sendable (_ descriptor: CInt) throws(Errno) -> FileStatus
    /// Of a name in a directory, without following a symbolic link.
    public var statusOf: @Sendable (_ directory: CInt, _ name: String) throws(Errno) -> FileStatus
    public var filesystemStatus: @Sendable (_ descriptor: CInt) throws(Errno) -> FilesystemStatus
    public var truncate: @Sendable (_ descriptor: CInt, _ size: UInt64) throws(Errno) -> Void
    public var setMode: @Sendable (_ descriptor: CInt, _ mode: UInt32) throws(Errno) -> Void
    public var setOwner: @Sendable (_ descriptor: CInt, _ uid: UInt32, _ gid: UInt32) throws(Errno) -> Void
    public var getXattr: @Sendable (_ descriptor: CInt, _ name: String) throws(Errno) -> [UInt8]
    public var setXattr: @Sendable (_ descriptor: CInt, _ name: String, _ value: [UInt8]) throws(Errno) -> Void
    public var removeXattr: @Sendable (_ descriptor: CInt, _ name: String) throws(Errno) -> Void
    public var listXattrs: @Sendable (_ descriptor: CInt) throws(Errno) -> [String]
    public var inodeFlags: @Sendable (_ descriptor: CInt) throws(Errno) -> InodeFlags
    public var setInodeFlags: @Sendable (_ descriptor: CInt, _ flags: InodeFlags) throws(Errno) -> Void
    public var extentHints: @Sendable (_ descriptor: CInt) throws(Errno) -> ExtentHints
    public var setExtentHints: @Sendable (_ descriptor: CInt, _ hints: ExtentHints) throws(Errno) -> Void

    // Durability.
    public var synchronize: @Sendable (_ descriptor: CInt) throws(Errno) -> Void
    public var synchronizeData: @Sendable (_ descriptor: CInt) throws(Errno) -> Void

    // Excluding others.
    /// flock(2), exclusive; throws `wouldBlock` when held and not waiting.
    public var lock: @Sendable (_ descriptor: CInt, _ wait: Bool) throws(Errno) -> Void
    /// The read lease of fcntl(2): only while nobody has the file open for writing.
    public var takeLease: @Sendable (_ descriptor: CInt) throws(Errno) -> Void
    public var leaseHolds: @Sendable (_ descriptor: CInt) throws(Errno) -> Bool
    public var dropLease: @Sendable (_ descriptor: CInt) throws(Errno) -> Void

    // Clocks.
    /// CLOCK_REALTIME in milliseconds since 1970, UTC.
    public var realTime: @Sendable () -> Int64
    /// CLOCK_BOOTTIME in nanoseconds.
    public var bootTime: @Sendable () -> UInt64
    /// What the calling thread has used so far. Takes no memory.
    public var threadUsage: @Sendable () -> ThreadUsage
    /// Has a btrfs commit its running transaction, and waits for that (BTRFS_IOC_START_SYNC, BTRFS_IOC_WAIT_SYNC).
    public var commitTransaction: @Sendable (_ descriptor: CInt) throws(Errno) -> Void
    /// Does nothing for so many nanoseconds.
    public var pause: @Sendable (_ nanoseconds: UInt64) -> Void
}

/// What a thread has used of the processor (getrusage(2)).
public struct ThreadUsage: Sendable {
    /// How long it was running, in nanoseconds.
    public var running: UInt64
    /// How often it gave the processor up to wait for something.
    public var sleeps: UInt64

    public init(running: UInt64, sleeps: UInt64) {
        self.running = running
        self.sleeps = sleeps
    }
}

/// How to open (openat2(2)).
public struct OpenFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// For writing as well as reading.
    public static let write = OpenFlags(rawValue: 1)
    /// Only a directory.
    public static let directory = OpenFlags(rawValue: 2)
    /// Make it, and fail if it is there (O_CREAT, O_EXCL).
    public static let createNew = OpenFlags(rawValue: 4)
    /// Make it if it is not there (O_CREAT).
    public static let create = OpenFlags(rawValue: 8)
    /// No symbolic link anywhere in the name (RESOLVE_NO_SYMLINKS). Without it only the last part may not be one.
    public static let noLinks = OpenFlags(rawValue: 16)
    /// Follow a symbolic link, also at the end.
    public static let followLinks = OpenFlags(rawValue: 32)
    /// Don't block on a FIFO or a device (O_NONBLOCK).
    public static let nonBlocking = OpenFlags(rawValue: 64)
    /// Only a descriptor to name the place, without opening the file (O_PATH).
    public static let pathOnly = OpenFlags(rawValue: 128)
}

/// What happens to a file that has the new name already (renameat2(2)).
public enum RenameMode: Sendable {
    /// It is replaced, in one step.
    case replace
    /// The rename fails with EEXIST.
    case keepExisting
    /// The two change places, in one step.
    case exchange
}

/// The inode flags that losnap looks at (ioctl_iflags(2)).
public struct InodeFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}
