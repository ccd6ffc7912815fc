// An image, opened for reading. The rule: what can't be an image is refused here, with words, before anything is made; and nothing is opened that was
// not looked at, for the name may be somebody else's to give.

/// An open image file.
public final class ImageFile: Sendable {
    package let file: OpenFile
    /// The path it was opened by.
    public var path: String { file.path }
    /// What it was when it was opened.
    public let status: FileStatus
    /// Device and inode.
    public var identity: FileIdentity { status.identity }

    /// What of the way somebody else could exchange: then it need not be the file that was meant. Nil: only root and we could.
    package let exposure: PathExposure?

    /// Opens the image at `path`, through symbolic links of root's and ours.
    ///
    /// - Throws: `noSuchFile`, `notAnImage`, `emptyImage`, `notPermitted`, `linkOfAnother`.
    public init(path: String, kernel: Kernel = .linux) throws(CloneError) {
        let found = try findMindingLinks(path, kernel: kernel)
        guard let looked = found.status else { throw .noSuchFile(path: path) }
        guard looked.kind == .regular else { throw .notAnImage(path: path, kind: looked.kind) }
        file = try found.open([.nonBlocking], path: path)
        status = try file.status()
        exposure = found.exposure
        guard status.size > 0 else { throw .emptyImage(path: path) }
    }
}
