// What an image begins with, from its own bytes: a mount must not guess, and libblkid is not needed for three filesystems.

internal import SystemPackage

/// A filesystem that a scratch clone can be mounted as.
enum ImageContent: String {
    case xfs, ext4, btrfs

    /// Looks at the filesystem's own mark.
    ///
    /// - Throws: `.partitioned`, `.unknownFilesystem`.
    static func of(_ descriptor: CInt, path: String) throws(CloneError) -> ImageContent {
        func bytes(_ offset: Int64, _ count: Int) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: count)
            let length = try? buffer.withUnsafeMutableBytes {
                try FileDescriptor(rawValue: descriptor).read(fromAbsoluteOffset: offset, into: $0)
            }
            return Array(buffer.prefix(length ?? 0))
        }
        if bytes(0, 4) == Array("XFSB".utf8) { return .xfs }  // xfs_format.h, XFS_SB_MAGIC
        if bytes(0x438, 2) == [0x53, 0xef] { return .ext4 }  // ext4.h, EXT4_SUPER_MAGIC; ext2 and ext3 too
        if bytes(0x10040, 8) == Array("_BHRfS_M".utf8) { return .btrfs }  // btrfs_tree.h, BTRFS_MAGIC
        // The mark of an MBR may also be left in the boot block of a filesystem, so it is looked for last. GPT: sectors of 512 or 4,096.
        if bytes(510, 2) == [0x55, 0xaa] || bytes(512, 8) == Array("EFI PART".utf8) || bytes(4096, 8) == Array("EFI PART".utf8) {
            throw .partitioned(path: path)
        }
        throw .unknownFilesystem(path: path)
    }

    /// Options of the filesystem itself. XFS refuses a second one with the same UUID unless told; ext4 does not care, and btrfs
    /// gives the second a temporary UUID by itself (Linux 6.7). An ext4 says in its superblock what the kernel does when it finds an error
    /// (`tune2fs -e panic`), and whoever may write the image may damage it: the machine goes on. The others have no such thing.
    var mountOptions: String {
        switch self {
        case .xfs: "nouuid"
        case .ext4: "errors=continue"
        case .btrfs: ""
        }
    }
}
