// All mounts that can be seen, grouped by filesystem. The rule: a path counts only when it was opened and led to the very
// filesystem; mount points lie: they are hidden by other mounts, renamed, and of another namespace.

/// One mounted filesystem with all its mounts.
struct MountedFilesystem {
    /// The superblock's.
    var device: DeviceNumber
    var type: String
    /// Our own first.
    var mounts: [(prefix: String, entry: MountEntry)]
    /// Only of a btrfs.
    var uuid: FilesystemUUID?

    /// What it is called in a message.
    var mountPoint: String { mounts.first.map(\.entry.mountPoint) ?? device.description }
}

struct Mounts {
    let tables: [MountTable]
    private let view: SystemView
    private var byDevice: [DeviceNumber: MountedFilesystem] = [:]

    init(_ view: SystemView) throws(CloneError) {
        self.view = view
        tables = try view.mountTables()
        for table in tables {
            for entry in table.entries {
                byDevice[entry.device, default: MountedFilesystem(device: entry.device, type: entry.type, mounts: [])]
                    .mounts.append((table.prefix, entry))
            }
        }
    }

    var entries: [MountEntry] { tables.flatMap(\.entries) }

    /// The filesystem whose superblock has this device.
    func filesystem(on device: DeviceNumber) -> MountedFilesystem? { byDevice[device] }

    /// The btrfs with this UUID: found by opening, because neither device number nor source of the mount say it for sure.
    func btrfs(_ uuid: FilesystemUUID) -> MountedFilesystem? {
        for filesystem in byDevice.values where filesystem.type == "btrfs" {
            for (prefix, entry) in filesystem.mounts {
                guard let identity = view.filesystem(prefix + entry.mountPoint), let found = identity.btrfsUUID else { continue }
                if found == uuid {
                    var result = filesystem
                    result.uuid = uuid
                    return result
                }
                // A mount point that is hidden leads to another filesystem: then the next mount tells.
            }
        }
        return nil
    }

    /// The filesystem on the whole loop device.
    func filesystem(on loop: AttachedLoop, in view: SystemView) -> MountedFilesystem? {
        let number = view.read("/sys/block/\(loop.name)/dev").flatMap { DeviceNumber($0) }
        if let number, let found = filesystem(on: number) { return found }
        return view.btrfs(on: loop.name).flatMap { btrfs($0.uuid) }
    }

    /// A mount by which the filesystem can be opened: a directory of our own namespace if there is one, else what there is.
    func opening(_ filesystem: MountedFilesystem) -> (path: String, entry: MountEntry)? {
        var file: (String, MountEntry)?
        for (prefix, entry) in filesystem.mounts {
            let path = prefix + entry.mountPoint
            guard let identity = view.filesystem(path) else { continue }
            guard filesystem.uuid.map({ $0 == identity.btrfsUUID }) ?? (identity.device == filesystem.device) else { continue }
            if identity.isDirectory { return (path, entry) }
            if file == nil { file = (path, entry) }
        }
        return file
    }

    /// The btrfs on which a loop device's file lies. Its st_dev is the subvolume's, which no table shows, so a directory above it is
    /// looked for that has the same. `.unknown` if there is none in reach.
    func btrfs(holding loop: AttachedLoop) -> Holder {
        guard let identity = loop.identity else { return .unknown }
        let device = DeviceNumber(statusDevice: identity.device)
        if device.major != 0 || byDevice[device].map({ $0.type != "btrfs" }) ?? false { return .notBtrfs }
        // The kernel shows the path as the asking process sees it, but a process elsewhere may be the only one that can use it.
        for prefix in tables.map(\.prefix) {
            var directory = loop.backingPath[...]
            while let slash = directory.lastIndex(of: "/") {
                directory = directory[..<slash]
                if let found = view.filesystem(prefix + (directory.isEmpty ? "/" : directory)), found.device == device {
                    return found.btrfsUUID.map { .btrfs($0) } ?? .notBtrfs
                }
            }
        }
        for filesystem in byDevice.values where filesystem.type == "btrfs" {
            for (prefix, entry) in filesystem.mounts {
                if let found = view.filesystem(prefix + entry.mountPoint), found.device == device, let uuid = found.btrfsUUID {
                    return .btrfs(uuid)
                }
            }
        }
        return .unknown
    }

    enum Holder: Equatable {
        case btrfs(FilesystemUUID)
        case notBtrfs
        case unknown
    }
}
