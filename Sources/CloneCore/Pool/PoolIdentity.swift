// Which pool a descriptor is on: promise P6 rests on it. The rule: the filesystem's UUID, never st_dev or f_fsid, which change with
// the device's number and the subvolume.

internal import CLinux
internal import SystemPackage

/// What a pool is, for good: stays the same over unmounting, renaming and other devices.
public struct PoolIdentity: Sendable, Hashable {
    /// The filesystem's name: "xfs", "btrfs".
    public var type: String
    /// The filesystem's UUID as its tools print it: lower case, with dashes.
    public var uuid: String

    public init(type: String, uuid: String) {
        self.type = type
        self.uuid = uuid
    }

    /// Of the filesystem that an open file or directory is on.
    ///
    /// - Throws: `.poolHasNoUUID` when the filesystem tells none, `.system`.
    public static func of(_ descriptor: CInt, path: String) throws(CloneError) -> PoolIdentity {
        var filesystem = clinux_filesystem()
        let status = clinux_statfs(descriptor, &filesystem)
        if status < 0 { throw CloneError(Errno(rawValue: -status), .identify, path) }
        let name = filesystemName(magic: filesystem.magic)
        var bytes = [UInt8](repeating: 0, count: 16)
        let result = clinux_filesystem_uuid(descriptor, filesystem.magic, &bytes)
        if result < 0 {
            let error = Errno(rawValue: -result)
            if error == .inappropriateIOCTLForDevice || error == .notSupported { throw .poolHasNoUUID(path: path, filesystem: name) }
            throw CloneError(error, .identify, path)
        }
        guard let uuid = FilesystemUUID(bytes: bytes), bytes.contains(where: { $0 != 0 }) else {
            throw .poolHasNoUUID(path: path, filesystem: name)
        }
        return PoolIdentity(type: name, uuid: uuid.description)
    }
}

/// What people call the filesystem with this magic number (statfs(2)).
public func filesystemName(magic: UInt64) -> String {
    switch magic {
    case UInt64(CLINUX_MAGIC_XFS): "xfs"
    case UInt64(CLINUX_MAGIC_BTRFS): "btrfs"
    case UInt64(CLINUX_MAGIC_EXT4): "ext4"
    case UInt64(CLINUX_MAGIC_TMPFS): "tmpfs"
    case UInt64(CLINUX_MAGIC_BCACHEFS): "bcachefs"
    case UInt64(CLINUX_MAGIC_OVERLAY): "overlay"
    case 0x6969: "nfs"
    case 0x65735546: "fuse"
    case 0x2fc1_2fc1: "zfs"
    case 0x4d44: "vfat"
    case 0x5346_544e: "ntfs"
    case 0xf2f5_2010: "f2fs"
    case 0xff53_4d42, 0xfe53_4d42: "cifs"
    case 0x2011_bab0: "exfat"
    case 0x7461_636f: "ocfs2"
    default: "filesystem type 0x\(String(magic, radix: 16))"
    }
}
