// A file that others read at any moment. The rule: they see the old text or the new one, never a part; what is being written has another ending, so that
// nobody who reads `*.prom` reads it.

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
        let temporary = path.removingLastComponent().appending(".\(name).\(getpid()).tmp")
        // Of a process that had our number and was killed.
        unlink(temporary.string)
        do {
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
            try file.closeAfter {
                _ = try file.writeAll(text.utf8)
                // Whatever the umask is.
                guard fchmod(file.rawValue, 0o644) == 0, fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
        } catch let error as Errno {
            unlink(temporary.string)
            throw CloneError(error, .write, path.string)
        }
    }
}
