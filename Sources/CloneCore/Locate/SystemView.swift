// What locating reads of the system, as closures: the decisions above are made on recorded trees in tests. The rule: it only reads,
// and what can't be read is nil or empty; only the table of our own mounts must be there.

/// The system's mounts and block devices.
public struct SystemView: Sendable {
    /// Reads the mounts that a process sees, one after the other, in the order of the kernel: a later one may hide an earlier one. `root` is one of
    /// `otherRoots`, or "" for our own mounts. `use` returns false when it wants no more. What of another process can't be read is left out; our
    /// own must be there.
    ///
    /// - Throws: `.tooManyMounts` when it lasts longer than the limit.
    package var readMounts:
        @Sendable (_ root: String, _ filter: MountFilter, _ limit: TimeLimit?, _ use: (MountEntry) -> Bool) throws(CloneError) -> Void
    /// `/proc/PID/root` for each other mount namespace that a process is in which we may look at: what goes before a mount point to open it from
    /// here. Their mounts are for others to decide, in number and length: they are read only if ours don't do.
    package var otherRoots: @Sendable () -> [String]
    /// The names in a directory of /sys; none if it is not there.
    package var list: @Sendable (_ directory: String) -> [String]
    /// The text of a file of /sys, without its last newline.
    package var read: @Sendable (_ file: String) -> String?
    /// What the kernel says of a loop device, by its name (`loop0`).
    package var loopStatus: @Sendable (_ name: String) -> LoopAnswer
    /// Device and inode of what a path leads to, to be compared with what is held: whose links lead there is not asked.
    package var identity: @Sendable (_ path: String) -> FileIdentity?
    /// The path of what is there without symbolic links, of which none may be somebody else's.
    package var realPath: @Sendable (_ path: String) -> String?
    /// The filesystem that a directory or a regular file is on; nil if it can't be opened or is something else.
    package var filesystem: @Sendable (_ path: String) -> FilesystemIdentity?
    /// Bytes of a block device, by its name.
    package var deviceBytes: @Sendable (_ name: String, _ offset: UInt64, _ count: Int) -> [UInt8]?

    package init(
        readMounts: @escaping @Sendable (String, MountFilter, TimeLimit?, (MountEntry) -> Bool) throws(CloneError) -> Void,
        otherRoots: @escaping @Sendable () -> [String],
        list: @escaping @Sendable (String) -> [String],
        read: @escaping @Sendable (String) -> String?,
        loopStatus: @escaping @Sendable (String) -> LoopAnswer,
        identity: @escaping @Sendable (String) -> FileIdentity?,
        realPath: @escaping @Sendable (String) -> String?,
        filesystem: @escaping @Sendable (String) -> FilesystemIdentity?,
        deviceBytes: @escaping @Sendable (String, UInt64, Int) -> [UInt8]?
    ) {
        self.readMounts = readMounts
        self.otherRoots = otherRoots
        self.list = list
        self.read = read
        self.loopStatus = loopStatus
        self.identity = identity
        self.realPath = realPath
        self.filesystem = filesystem
        self.deviceBytes = deviceBytes
    }
}

/// The answer to LOOP_GET_STATUS64.
package enum LoopAnswer: Sendable, Hashable {
    case attached(LoopStatus)
    /// ENXIO: it is not attached, or just being attached or detached, which sysfs shows a little before and after. Nothing is mounted from it.
    case detached
    /// It can't be asked.
    case unknown
}

/// What LOOP_GET_STATUS64 tells (loop(4)).
package struct LoopStatus: Sendable, Hashable {
    /// The file behind it.
    package var identity: FileIdentity
    /// Where in the file it begins, in bytes.
    package var offset: UInt64
    /// How much of the file it shows, in bytes; 0: all.
    package var sizeLimit: UInt64
    package var isReadOnly: Bool
    /// Whether it detaches itself when the last user closes it.
    package var isAutoclear: Bool
    /// lo_file_name: what the one who attached it wrote there, at most 63 bytes.
    package var name: String

    package init(
        identity: FileIdentity, offset: UInt64 = 0, sizeLimit: UInt64 = 0, isReadOnly: Bool = false, isAutoclear: Bool = false,
        name: String = ""
    ) {
        self.identity = identity
        self.offset = offset
        self.sizeLimit = sizeLimit
        self.isReadOnly = isReadOnly
        self.isAutoclear = isAutoclear
        self.name = name
    }
}
