// The mounts of what may lie in images, grouped by filesystem. The rules: a path counts only when it was opened and led to the very filesystem;
// mount points lie: they are hidden by other mounts, renamed, and of another namespace. Our own mounts are asked first, and those of other
// namespaces only for what these don't answer: any user can have as many there as they like, bind mounts of the filesystem in question too.

/// One mounted filesystem with some of its mounts.
struct MountedFilesystem {
    /// The superblock's.
    var device: DeviceNumber
    var type: String
    /// Our own first.
    var mounts: [(root: String, entry: MountEntry)]
    /// Only of a btrfs.
    var uuid: FilesystemUUID?

    /// What it is called in a message.
    var mountPoint: String { mounts.first.map(\.entry.mountPoint) ?? device.description }
}

final class Mounts {
    private let view: SystemView
    private let limit: TimeLimit?
    private let filter: MountFilter
    private var ours = KeptMounts()
    /// nil: not read yet.
    private var others: (roots: [String], mounts: KeptMounts)?

    /// Reads our own.
    ///
    /// - Parameters:
    ///   - loops: the attached loop devices: what holds their files is kept, too, and what they have.
    ///   - limit: how long the mounts of others may be read.
    init(_ view: SystemView, loops: [AttachedLoop], limit: TimeLimit? = nil) throws(CloneError) {
        self.view = view
        self.limit = limit
        let holding = loops.compactMap { $0.identity.map { DeviceNumber(statusDevice: $0.device) } }
        let held = loops.compactMap { view.read("/sys/block/\($0.name)/dev").flatMap { DeviceNumber($0) } }
        filter = .possiblyInImages(and: Set(holding + held))
        try ours.read(in: "", filter, nil, view)
    }

    /// What was read so far.
    var entries: [MountEntry] {
        (Array(ours.byDevice.values) + (others.map { Array($0.mounts.byDevice.values) } ?? [])).flatMap { $0.mounts.map(\.entry) }
    }

    /// The filesystem whose superblock has this device, if it is mounted in our own namespace.
    func ownFilesystem(on device: DeviceNumber) -> MountedFilesystem? { ours.byDevice[device] }

    /// The filesystem whose superblock has this device.
    func filesystem(on device: DeviceNumber) throws(CloneError) -> MountedFilesystem? {
        if let found = ours.byDevice[device] { return found }
        return try readOthers().mounts.byDevice[device]
    }

    /// The btrfs with this UUID: found by opening, because neither device number nor source of the mount say it for sure.
    func btrfs(_ uuid: FilesystemUUID) throws(CloneError) -> MountedFilesystem? {
        try anyBtrfs { $0.btrfsUUID == uuid }?.filesystem
    }

    /// A mount by which the filesystem can be opened: a directory if there is one, of our own namespace if there is one.
    func opening(_ filesystem: MountedFilesystem) throws(CloneError) -> (path: String, entry: MountEntry)? {
        func isIt(_ identity: FilesystemIdentity) -> Bool {
            filesystem.uuid.map { $0 == identity.btrfsUUID } ?? (identity.device == filesystem.device)
        }
        if let found = try open(ours.byDevice[filesystem.device], ours, [""], isIt) { return (found.path, found.entry) }
        let others = try readOthers()
        return try open(others.mounts.byDevice[filesystem.device], others.mounts, others.roots, isIt).map { ($0.path, $0.entry) }
    }

    /// The btrfs on which a loop device's file lies. Its st_dev is the subvolume's, which no table shows, so a directory above it is
    /// looked for that has the same. `.unknown` if there is none in reach.
    func btrfs(holding loop: AttachedLoop) throws(CloneError) -> Holder {
        guard let identity = loop.identity else { return .unknown }
        let device = DeviceNumber(statusDevice: identity.device)
        func isNotBtrfs(_ mounts: KeptMounts) -> Bool { mounts.byDevice[device].map { $0.type != "btrfs" } ?? false }
        if device.major != 0 || isNotBtrfs(ours) { return .notBtrfs }
        if let holder = holder(of: loop, device, below: "") { return holder }
        // The kernel shows the path as the asking process sees it, but a process elsewhere may be the only one that can use it.
        let others = try readOthers()
        if isNotBtrfs(others.mounts) { return .notBtrfs }
        for root in others.roots {
            if let holder = holder(of: loop, device, below: root) { return holder }
        }
        return try anyBtrfs { $0.device == device }?.identity.btrfsUUID.map { .btrfs($0) } ?? .unknown
    }

    enum Holder: Equatable {
        case btrfs(FilesystemUUID)
        case notBtrfs
        case unknown
    }

    private func holder(of loop: AttachedLoop, _ device: DeviceNumber, below root: String) -> Holder? {
        var directory = loop.backingPath[...]
        while let slash = directory.lastIndex(of: "/") {
            directory = directory[..<slash]
            if let found = view.filesystem(root + (directory.isEmpty ? "/" : directory)), found.device == device {
                return found.btrfsUUID.map { .btrfs($0) } ?? .notBtrfs
            }
        }
        return nil
    }

    private func readOthers() throws(CloneError) -> (roots: [String], mounts: KeptMounts) {
        if let others { return others }
        let roots = view.otherRoots()
        var mounts = KeptMounts()
        for root in roots { try mounts.read(in: root, filter, limit, view) }
        others = (roots, mounts)
        return (roots, mounts)
    }

    // MARK: Opening

    private typealias Opened = (path: String, entry: MountEntry, identity: FilesystemIdentity)

    private func anyBtrfs(
        _ isIt: (FilesystemIdentity) -> Bool
    ) throws(CloneError) -> (filesystem: MountedFilesystem, identity: FilesystemIdentity)? {
        // A mount point that is hidden leads to another filesystem: then the next mount tells.
        func found(
            in mounts: KeptMounts, _ roots: [String]
        ) throws(CloneError) -> (filesystem: MountedFilesystem, identity: FilesystemIdentity)? {
            for var filesystem in mounts.byDevice.values where filesystem.type == "btrfs" {
                guard let opened = try open(filesystem, mounts, roots, { $0.btrfsUUID != nil && isIt($0) }) else { continue }
                filesystem.uuid = opened.identity.btrfsUUID
                return (filesystem, opened.identity)
            }
            return nil
        }
        if let found = try found(in: ours, [""]) { return found }
        let others = try readOthers()
        return try found(in: others.mounts, others.roots)
    }

    /// The first mount that leads to what is looked for: a directory, or else a file. Those that were not kept are read once more if need be.
    private func open(
        _ filesystem: MountedFilesystem?, _ mounts: KeptMounts, _ roots: [String], _ isIt: (FilesystemIdentity) -> Bool
    ) throws(CloneError) -> Opened? {
        guard let filesystem else { return nil }
        var file: Opened?
        var directory: Opened?
        func look(_ root: String, _ entry: MountEntry) -> Bool {
            let path = root + entry.mountPoint
            guard let identity = view.filesystem(path), isIt(identity) else { return true }
            if identity.isDirectory { directory = (path, entry, identity) } else if file == nil { file = (path, entry, identity) }
            return directory == nil
        }
        for (root, entry) in filesystem.mounts where !look(root, entry) { return directory }
        guard file == nil, mounts.hasMore.contains(filesystem.device) else { return file }
        for root in roots {
            try view.readMounts(root, .filesystem(filesystem.device), root.isEmpty ? nil : limit) { look(root, $0) }
            if let directory { return directory }
        }
        return file
    }
}

/// Some mounts of each filesystem: enough to open it, whatever users have added.
private struct KeptMounts {
    /// Of each filesystem so many are kept; of more it is only known that they are there.
    private static let most = 4

    var byDevice: [DeviceNumber: MountedFilesystem] = [:]
    var hasMore: Set<DeviceNumber> = []

    mutating func read(in root: String, _ filter: MountFilter, _ limit: TimeLimit?, _ view: SystemView) throws(CloneError) {
        try view.readMounts(root, filter, limit) { entry in
            if byDevice[entry.device]?.mounts.count ?? 0 < Self.most {
                byDevice[entry.device, default: MountedFilesystem(device: entry.device, type: entry.type, mounts: [])].mounts
                    .append((root, entry))
            } else {
                hasMore.insert(entry.device)
            }
            return true
        }
    }
}
