// A filesystem that is going to be frozen, opened beforehand. The rule: nothing is looked up by path once the first one is frozen.

internal import CLinux
internal import SystemPackage

/// A mounted filesystem and a descriptor of a directory on it.
struct OpenFilesystem: Sendable {
    let filesystem: InnerFilesystem
    let file: OpenFile

    var mountPoint: String { filesystem.mountPoint }

    init(_ filesystem: InnerFilesystem, kernel: Kernel) throws(CloneError) {
        self.filesystem = filesystem
        // A link on the way is allowed: the place is proved by the filesystem that is found there.
        file = try OpenFile(filesystem.openPath, flags: [.followLinks, .nonBlocking], kernel: kernel)
        // btrfs has device numbers of its own for every subvolume; there the locator has compared UUIDs.
        guard filesystem.type != "btrfs" else { return }
        let found = DeviceNumber(device: try file.status().identity.device)
        guard found == filesystem.device else { throw .noSuchFile(path: filesystem.mountPoint) }
    }
}
