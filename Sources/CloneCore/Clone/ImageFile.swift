// An image, opened for reading. The rule: what can't be an image is refused here, with words, before anything is made.

/// An open image file.
public final class ImageFile: Sendable {
    package let file: OpenFile
    /// The path it was opened by.
    public var path: String { file.path }
    /// What it was when it was opened.
    public let status: FileStatus
    /// Device and inode.
    public var identity: FileIdentity { status.identity }

    /// Opens the image at `path`, following symbolic links: the path is the user's own word.
    ///
    /// - Throws: `noSuchFile`, `notAnImage`, `emptyImage`, `notPermitted`.
    public init(path: String, kernel: Kernel = .linux) throws(CloneError) {
        // Non-blocking, or a FIFO would hang us here.
        file = try OpenFile(path, flags: [.followLinks, .nonBlocking], kernel: kernel)
        status = try file.status()
        guard status.kind == .regular else { throw .notAnImage(path: path, kind: status.kind) }
        guard status.size > 0 else { throw .emptyImage(path: path) }
    }
}
