// Which filesystem it is that a freeze record speaks of. A device number is given to another filesystem as soon as the first is gone, so a record
// that has outlived its filesystem must not have that one thawed.

internal import CLinux
internal import SystemPackage

/// What tells a frozen filesystem from later ones on the same device number, as far as the kernel says.
package struct FrozenFilesystem: Sendable, Hashable {
    /// A btrfs is not recognised by its device: every subvolume shows another.
    package var isBtrfs = false
    /// Its UUID; nil if the filesystem has none, or the kernel can't be asked (FS_IOC_GETFSUUID, Linux 6.9; XFS and btrfs have their own).
    package var uuid: FilesystemUUID?
    /// Which attaching of the block device it is (`/sys/block/NAME/diskseq`, Linux 5.15): a loop device gets a new one with each image.
    package var diskSequence: UInt64?

    package init(isBtrfs: Bool = false, uuid: FilesystemUUID? = nil, diskSequence: UInt64? = nil) {
        self.isBtrfs = isBtrfs
        self.uuid = uuid
        self.diskSequence = diskSequence
    }

    /// The filesystem that a descriptor is on, and the device under it.
    init(of descriptor: CInt, on device: DeviceNumber, view: SystemView) {
        var filesystem = clinux_filesystem()
        if clinux_statfs(descriptor, &filesystem) == 0 {
            isBtrfs = filesystem.magic == UInt64(CLINUX_MAGIC_BTRFS)
            var bytes = [UInt8](repeating: 0, count: 16)
            if clinux_filesystem_uuid(descriptor, filesystem.magic, &bytes) == 0, bytes.contains(where: { $0 != 0 }) {
                uuid = FilesystemUUID(bytes: bytes)
            }
        }
        diskSequence = Self.diskSequence(of: device, view: view)
    }

    /// Nil for a device that is no block device, and on kernels that don't tell.
    static func diskSequence(of device: DeviceNumber, view: SystemView) -> UInt64? {
        let block = "/sys/dev/block/\(device)"
        // A partition has its disk's.
        return (view.read(block + "/diskseq") ?? view.read(block + "/../diskseq")).flatMap { UInt64($0) }
    }

    /// Whether the two can be one and the same: nothing that both tell differs.
    func canBe(_ other: FrozenFilesystem) -> Bool {
        if let uuid, let theirs = other.uuid, uuid != theirs { return false }
        if let diskSequence, let theirs = other.diskSequence, diskSequence != theirs { return false }
        return true
    }
}
