// From a mount point to the image behind it, so that `/home` can name what is mounted there. The rule: the path counts only if it leads to
// the very file that the loop device has open.

/// Finds the image of a mounted filesystem.
public struct MountPointTracer: Sendable {
    let view: SystemView
    let kernel: Kernel

    public init(view: SystemView = .linux, kernel: Kernel = .linux) {
        self.view = view
        self.kernel = kernel
    }

    /// The path of the image whose filesystem is mounted at `path`, verified by device and inode. What a mount that comes or goes may cause is
    /// looked at twice. What opens the image then walks that path anew.
    ///
    /// - Throws: `.noSuchFile`, `.notAMountPoint`, `.notOnAnImage`, `.imageNotFound`, `.refused(.oneOfSeveralDevices)`, `.mountsChanging`.
    public func image(at path: String) throws(CloneError) -> String {
        do {
            return try look(at: path)
        } catch {
            guard error.mayPass else { throw error }
            kernel.pause(SteadyLook.pause)
            do throws(CloneError) {
                return try look(at: path)
            } catch let second {
                throw second == error ? error : .mountsChanging(path: path)
            }
        }
    }

    private func look(at path: String) throws(CloneError) -> String {
        guard let real = view.realPath(path) else { throw .noSuchFile(path: path) }
        // The last one is on top. As bytes: two names that read alike, with an accent of its own and without, are two directories.
        var top: MountEntry?
        var above = "/"
        try view.readMounts("", .all, nil) { entry in
            let mountPoint = entry.mountPoint
            if mountPoint.utf8.elementsEqual(real.utf8) {
                top = entry
            } else if mountPoint.utf8.count > above.utf8.count, real.hasPrefix(mountPoint + "/") {
                above = mountPoint
            }
            return true
        }
        guard let entry = top else { throw .notAMountPoint(path: path, mountPoint: above) }
        let loops = loops(below: entry)
        guard let loop = loops.first else { throw .notOnAnImage(mountPoint: path, device: entry.source) }
        guard loops.allSatisfy({ $0.identity == loop.identity }) else {
            throw .refused(.oneOfSeveralDevices(image: loop.backingPath, filesystem: "the \(entry.type) at \(path)"))
        }
        guard let identity = loop.identity, view.identity(loop.backingPath) == identity else {
            throw .imageNotFound(mountPoint: path, path: loop.backingPath)
        }
        return loop.backingPath
    }

    private func loops(below entry: MountEntry) -> [AttachedLoop] {
        var btrfsDevices: [String] = []
        if entry.type == "btrfs", let uuid = view.filesystem(entry.mountPoint)?.btrfsUUID {
            btrfsDevices = view.list("/sys/fs/btrfs/\(uuid)/devices")
        }
        return view.loopDevices().filter { loop in
            view.stack(on: loop).contains { $0.number == entry.device || btrfsDevices.contains($0.name) }
        }
    }
}
