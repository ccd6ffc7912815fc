// An open descriptor with the path it came from. The rule: closed exactly once, when the last owner lets go; the path is for messages
// and never opened again.

internal import SystemPackage

/// The working directory, for `Kernel.open` with a path (AT_FDCWD, openat(2)).
package let workingDirectory: CInt = -100

/// A descriptor that closes itself.
public final class OpenFile: Sendable {
    /// The descriptor.
    public let descriptor: CInt
    /// What was opened, for messages.
    public let path: String
    private let kernel: Kernel

    /// Takes over `descriptor`.
    public init(adopting descriptor: CInt, path: String, kernel: Kernel) {
        self.descriptor = descriptor
        self.path = path
        self.kernel = kernel
    }

    deinit { kernel.close(descriptor) }

    /// Opens `name` in a directory, or a path from the working directory.
    public convenience init(
        _ name: String, in directory: OpenFile? = nil, flags: OpenFlags = [], mode: UInt32 = 0, kernel: Kernel
    ) throws(CloneError) {
        let path = directory.map { $0.path + "/" + name } ?? name
        let fd: CInt
        do {
            fd = try kernel.open(directory?.descriptor ?? workingDirectory, name, flags, mode)
        } catch {
            throw CloneError(error, .open, path)
        }
        self.init(adopting: fd, path: path, kernel: kernel)
    }

    /// Opens what a descriptor of O_PATH leads to, whatever its name leads to by now.
    ///
    /// - Parameter path: what to call it in messages.
    package func reopened(_ flags: OpenFlags, path: String) throws(CloneError) -> OpenFile {
        do {
            let new = try kernel.open(workingDirectory, "/proc/self/fd/\(descriptor)", flags.union(.followLinks), 0)
            return OpenFile(adopting: new, path: path, kernel: kernel)
        } catch .noSuchFileOrDirectory {
            // The file is there, for it is held: it must not count as missing where there is no /proc.
            throw .system(.open, path: "/proc/self/fd", .noSuchFileOrDirectory)
        } catch {
            throw CloneError(error, .open, path)
        }
    }

    /// What statx(2) tells of it.
    public func status() throws(CloneError) -> FileStatus {
        try calling(.status, path) { () throws(Errno) in try kernel.status(descriptor) }
    }
}
