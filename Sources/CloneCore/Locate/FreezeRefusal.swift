// Why an image's filesystems can't be frozen as they stand.

/// A state of mounts and devices in which a consistent clone can't be promised.
public enum FreezeRefusal: Sendable, Hashable {
    /// A filesystem has this image as one of several devices (btrfs with more devices, LVM, MD): a clone of one is worth nothing.
    case oneOfSeveralDevices(image: String, filesystem: String)
    /// The filesystem keeps its log on another device.
    case externalLog(image: String, mountPoint: String)
    /// Attached to a writable loop device, but not mounted: whoever writes to the device can't be stopped.
    case attachedNotMounted(image: String, device: String)
    /// The path names another file than the one that is mounted.
    case replacedWhileMounted(image: String, mountPoint: String)
    /// Mounted in a mount namespace that can't be reached, or unmounted while somebody goes on using it (MNT_DETACH): both look the same.
    case unreachableNamespace(image: String, device: String)
    /// Mounted, but no path opens it: hidden under another mount, or not permitted.
    case hiddenMount(image: String, mountPoint: String)
    /// A mounted loop device whose file may lie in this image, or not.
    case unknownBackingFile(image: String, device: String)
    /// The image lies on a filesystem that is to be frozen for another image of the group.
    case insideAnother(image: String, mountPoint: String)
    /// A device-mapper device of it is suspended: whatever is written waits, and no signal ends that.
    case suspended(image: String, name: String)
    /// More filesystems than one guard can hold.
    case tooMany(count: Int)

    var message: String {
        switch self {
        case .oneOfSeveralDevices(let image, let filesystem):
            "\(image): it is one of several devices of \(filesystem), and a clone of one alone can't be used"
        case .externalLog(let image, let mountPoint):
            "\(image): the filesystem at \(mountPoint) keeps its log on another device"
        case .attachedNotMounted(let image, let device):
            "\(image): it is attached to \(device) for writing, but not mounted, so its writers can't be stopped"
        case .replacedWhileMounted(let image, let mountPoint):
            "\(image): the path names another file than the one that is mounted at \(mountPoint)"
        case .unreachableNamespace(let image, let device):
            "\(image): \(device) is mounted in a namespace that can't be reached, or was unmounted with umount -l and is still in use"
        case .hiddenMount(let image, let mountPoint):
            "\(image): it is mounted at \(mountPoint), which can't be opened: hidden by another mount, or not permitted"
        case .unknownBackingFile(let image, let device):
            "\(image): \(device) is mounted, and can't be told whether its file lies inside this image"
        case .insideAnother(let image, let mountPoint):
            "\(image): it lies on \(mountPoint), which is frozen for another image of the group, so it can't be cloned then"
        case .suspended(let image, let name):
            "\(image): the device-mapper device \(name) is suspended, so nothing can be written to it"
        case .tooMany(let count):
            "\(count) filesystems would have to be frozen at once, more than the thaw guard can hold"
        }
    }

    var hint: String {
        switch self {
        case .oneOfSeveralDevices: "snapshot with the tools of that filesystem, or move it into one image"
        case .externalLog: "make the filesystem with an internal log"
        case .attachedNotMounted(_, let device):
            "mount it, or detach it with `losetup -d \(device)`"
        case .replacedWhileMounted: "unmount and mount again, so that the mount and the path agree"
        case .unreachableNamespace:
            "run losnap as root in the namespace in which it is mounted; if it was unmounted, end the programs that still use it"
        case .hiddenMount: "run losnap as root; unmount what is mounted over it"
        case .unknownBackingFile(_, let device): "unmount what is mounted from \(device), or attach it again by a path that exists"
        case .insideAnother: "snapshot the outer image alone: what is mounted from images inside it is frozen with it"
        case .suspended(_, let name): "wait until it is resumed, or resume it with `dmsetup resume \(name.shellWord)`"
        case .tooMany: "take the sources in smaller groups"
        }
    }
}
