// A file that others read at any moment. The rule: they see the old text or the new one, never a part; what is being written has another ending, so that
// nobody who reads `*.prom` reads it. The directory is often that of the program that reads it: its links are not followed.

import CloneCore
import Glibc
import SystemPackage

/// A file that is replaced in one step.
struct AtomicFile {
    let path: FilePath

    init(_ path: FilePath) { self.path = path }

    /// Replaces its content, readable for all. The directory must be there.
    func write(_ text: String) throws {
        guard let name = path.lastComponent else { throw CloneError(.isDirectory, .write, path.string) }
        let directory = try openDirectoryMindingLinks(path.removingLastComponent().string, kernel: .linux)
        let temporary = ".\(name).\(getpid()).tmp"
        // Of a process that had our number and was killed.
        unlinkat(directory.descriptor, temporary, 0)
        do {
            let descriptor = openat(directory.descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw Errno(rawValue: errno) }
            let file = FileDescriptor(rawValue: descriptor)
            try file.closeAfter {
                _ = try file.writeAll(text.utf8)
                // Whatever the umask is.
                guard fchmod(file.rawValue, 0o644) == 0, fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard renameat(directory.descriptor, temporary, directory.descriptor, name.string) == 0 else { throw Errno(rawValue: errno) }
        } catch let error as Errno {
            unlinkat(directory.descriptor, temporary, 0)
            throw CloneError(error, .write, path.string)
        }
    }
}
