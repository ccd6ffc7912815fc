// Which filesystems must be frozen for an image. The rule: a loop device is the image's by device and inode, a mount is a loop device's by
// its number; paths are for messages, and to notice that a path was replaced under a mount.

/// Finds who uses an image.
public struct ImageLocator: Sendable {
    let view: SystemView
    let kernel: Kernel
    private let longest: UInt64

    /// - Parameter longest: how long the mounts of other namespaces may be read in one look (nanoseconds).
    public init(view: SystemView = .linux, kernel: Kernel = .linux, longest: UInt64 = CloneOptions.usualPreparation) {
        self.view = view
        self.kernel = kernel
        self.longest = longest
    }

    /// Looks once, and tells how the image is in use.
    ///
    /// A filesystem is found through overlayfs only as far as its own loop device goes: an image that is attached by its path in
    /// an overlay is taken for a file like any other.
    ///
    /// - Parameters:
    ///   - image: what `fstat` says of the opened image.
    ///   - path: its path, for messages and to find out whether it was replaced under a mount.
    /// - Throws: `.refused` with the reason when a consistent clone can't be promised; `.tooManyMounts`.
    public func use(of image: FileIdentity, path: String) throws(CloneError) -> ImageUse {
        let loops = view.loopDevices()
        let direct = loops.filter { $0.identity == image }
        let paths = Set([path, view.realPath(path) ?? path])
        let replacing = loops.filter { isReplaced($0, by: image, paths) }
        if replacing.isEmpty {
            guard let first = direct.first else { return .detached }
            if direct.allSatisfy(\.isReadOnly) { return .attachedReadOnly(device: first.path) }
        }
        let mounts = try Mounts(view, loops: loops, limit: TimeLimit(longest, kernel: kernel))
        for loop in replacing {
            var set = FreezeSet(view: view, mounts: mounts, loops: [], image: image)
            try set.add(loop, depth: 0)
            let mountPoint = set.members.values.map(\.filesystem.mountPoint).sorted().first
            if mountPoint != nil || !loop.isReadOnly {
                throw .refused(.replacedWhileMounted(image: path, mountPoint: mountPoint ?? loop.path))
            }
        }
        guard let first = direct.first else { return .detached }
        if direct.allSatisfy(\.isReadOnly) { return .attachedReadOnly(device: first.path) }

        var set = FreezeSet(view: view, mounts: mounts, loops: loops, image: image)
        for loop in direct { try set.add(loop, depth: 0) }
        try FreezeChecks(view: view, set: set, image: path).check(direct: direct)
        var inner: [InnerFilesystem] = []
        for member in set.members.values { inner.append(try innerFilesystem(member, mounts, path)) }
        return .mounted(try ImageUse.freezeOrder([.mounted(inner)]))
    }

    private func innerFilesystem(_ member: FreezeSet.Member, _ mounts: Mounts, _ image: String) throws(CloneError) -> InnerFilesystem {
        let filesystem = member.filesystem
        guard let (openPath, entry) = try mounts.opening(filesystem) else {
            if filesystem.mounts.contains(where: { $0.root.isEmpty }) {
                throw .refused(.hiddenMount(image: image, mountPoint: filesystem.mountPoint))
            }
            throw .refused(.unreachableNamespace(image: image, device: member.devices.sorted().first.map { "/dev/\($0)" } ?? ""))
        }
        return InnerFilesystem(
            device: filesystem.device, type: filesystem.type, mountPoint: entry.mountPoint, openPath: openPath, depth: member.depth,
            btrfsUUID: filesystem.uuid)
    }

    /// Whether the loop device was attached by this path, but holds the file that was there before.
    private func isReplaced(_ loop: AttachedLoop, by image: FileIdentity, _ paths: Set<String>) -> Bool {
        if loop.identity == image { return false }
        // The same path on another filesystem is one of another namespace, or hidden by a mount: another file altogether.
        if let identity = loop.identity, identity.device != image.device { return false }
        if paths.contains(loop.backingPath) || loop.unmarkedPath.map(paths.contains) ?? false {
            // A file may really be called "x (deleted)".
            return loop.identity.map { view.identity(loop.backingPath) != $0 } ?? true
        }
        // Moved away since: the kernel shows its path of now, and only the label the one of then (its first 63 bytes).
        return loop.label.map(paths.contains) ?? false
    }
}
