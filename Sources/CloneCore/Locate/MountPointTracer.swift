// From a mount point to the image behind it.

/// Finds the image of a mounted filesystem.
public struct MountPointTracer: Sendable {
    let view: SystemView

    public init(view: SystemView = .linux) { self.view = view }

    /// The path of the image whose filesystem is mounted at `path`, verified by device and inode.
    ///
    /// - Throws: `.notAMountPoint`, `.notOnAnImage`, `.imageNotFound`, `.refused(.oneOfSeveralDevices)`.
    public func image(at path: String) throws(CloneError) -> String {
        throw .noSuchFile(path: path)
    }
}
