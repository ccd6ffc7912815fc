// From a mount point to the image behind it, so that `/home` can name what is mounted there. The rule: the path counts only if it leads to
// the very file that the loop device has open.

/// Finds the image of a mounted filesystem.
public struct MountPointTracer: Sendable {
    let view: SystemView

    public init(view: SystemView = .linux) { self.view = view }

    /// The path of the image whose filesystem is mounted at `path`, verified by device and inode. What opens the image then walks that path anew.
    ///
    /// - Throws: `.noSuchFile`, `.notAMountPoint`, `.notOnAnImage`, `.imageNotFound`, `.refused(.oneOfSeveralDevices)`.
    public func image(at path: String) throws(CloneError) -> String {
        guard let real = view.realPath(path) else { throw .noSuchFile(path: path) }
        let mounts = try Mounts(view)
        let own = mounts.tables.first?.entries ?? []
        // The last one is on top. As bytes: two names that read alike, with an accent of its own and without, are two directories.
        guard let entry = own.last(where: { $0.mountPoint.utf8.elementsEqual(real.utf8) }) else {
            let above = own.map(\.mountPoint).filter { $0 == "/" || real.hasPrefix($0 + "/") }
            throw .notAMountPoint(path: path, mountPoint: above.max { $0.utf8.count < $1.utf8.count } ?? "/")
        }
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
