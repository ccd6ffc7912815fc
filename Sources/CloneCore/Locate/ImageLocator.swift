// Which filesystems must be frozen for an image.

/// Finds who uses an image.
public struct ImageLocator: Sendable {
    let view: SystemView

    public init(view: SystemView = .linux) { self.view = view }

    /// Looks once, and tells how the image is in use.
    ///
    /// - Parameters:
    ///   - image: what `fstat` says of the opened image.
    ///   - path: its path, for messages and to find out whether it was replaced under a mount.
    /// - Throws: `.refused` with the reason when a consistent clone can't be promised.
    public func use(of image: FileIdentity, path: String) throws(CloneError) -> ImageUse {
        throw .cannotProveUnused(path: path)
    }
}
