// Who uses an image through loop devices, and which filesystems must be frozen for a consistent clone of it. A value: found by
// `ImageLocator`, acted upon by the freeze.

/// A mounted filesystem whose data lies in an image, directly or in an image inside it.
public struct InnerFilesystem: Sendable, Hashable {
    /// The device of its superblock as mountinfo shows it: the block device, or the anonymous one of a btrfs. The same for all of
    /// its mounts, and unique while it is mounted: the key for locks and freeze records.
    public var device: DeviceNumber
    /// Its type as mountinfo names it: "xfs", "ext4", "btrfs".
    public var type: String
    /// Where it is mounted, for messages: in the caller's namespace if it is mounted there, unescaped.
    public var mountPoint: String
    /// A path that opens a directory (or a file) of it; may go through `/proc/PID/root`. It was tried.
    public var openPath: String
    /// 0 for a filesystem in the image itself, 1 for one in an image on that, and so on.
    public var depth: Int
    /// A btrfs's UUID, by which its files are recognised: their st_dev differs from subvolume to subvolume. nil for others.
    public var btrfsUUID: FilesystemUUID?

    public init(
        device: DeviceNumber, type: String, mountPoint: String, openPath: String, depth: Int, btrfsUUID: FilesystemUUID? = nil
    ) {
        self.device = device
        self.type = type
        self.mountPoint = mountPoint
        self.openPath = openPath
        self.depth = depth
        self.btrfsUUID = btrfsUUID
    }

    /// Whether the descriptor is a regular file on this filesystem: writing to it would hang while it is frozen. False for a
    /// descriptor that can't be looked at: nothing can be written to that either.
    public func contains(descriptor: CInt) -> Bool {
        FilesystemIdentity.ofRegularFile(descriptor).map(isSame) ?? false
    }

    /// Whether the descriptor, a directory or a regular file, is on this filesystem: to be asked after opening `openPath` and before
    /// freezing, because a mount may have come or gone since it was found.
    public func isOpened(by descriptor: CInt) -> Bool {
        FilesystemIdentity.of(descriptor).map(isSame) ?? false
    }

    /// Whether what an open descriptor told is this filesystem.
    func isSame(_ identity: FilesystemIdentity) -> Bool {
        if let btrfsUUID { return identity.btrfsUUID == btrfsUUID }
        return identity.device == device
    }
}

/// How an image is in use through loop devices.
public enum ImageUse: Sendable, Hashable {
    /// No loop device has it. (A virtual machine may: only the lease tells.)
    case detached
    /// Only read-only loop devices have it, mounted or not: nobody writes through them. The device is one of them, as `/dev/loop0`.
    case attachedReadOnly(device: String)
    /// Every filesystem that must be frozen, in the order of freezing: deepest first. Thaw in the reverse order.
    case mounted([InnerFilesystem])
}

extension ImageUse {
    /// Joins what several images of one group use: each filesystem once, deepest first.
    ///
    /// - Throws: `.refused(.tooMany)` if one guard can't hold them all.
    public static func freezeOrder(_ uses: [ImageUse]) throws(CloneError) -> [InnerFilesystem] {
        var deepest: [DeviceNumber: InnerFilesystem] = [:]
        for case .mounted(let filesystems) in uses {
            for filesystem in filesystems where filesystem.depth >= (deepest[filesystem.device]?.depth ?? 0) {
                deepest[filesystem.device] = filesystem
            }
        }
        let ordered = deepest.values.sorted { ($1.depth, $0.device) < ($0.depth, $1.device) }
        if ordered.count > mostFrozenAtOnce { throw .refused(.tooMany(count: ordered.count)) }
        return ordered
    }
}
