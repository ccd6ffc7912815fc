// The 1 MiB that lies beside the catalogue so that prune, delete and repair can work on a full disk: SQLite can't even open its log there. The
// rule: the bytes are really written, and not compressible, for a hole or a run of zeros would reserve nothing.

import Glibc
package import SystemPackage

/// The reserve file of a catalogue.
package struct CatalogueReserve: Sendable {
    /// How large it is, in bytes.
    package static let size = 1 << 20

    /// `CATALOGUE.reserve`.
    package let path: FilePath

    /// The reserve of that catalogue.
    package init(besides catalogue: FilePath) {
        path = FilePath(catalogue.string + ".reserve")
    }

    /// Removes the file, and says whether there was one to remove.
    @discardableResult
    package func giveUp() -> Bool {
        path.withPlatformString { unlink($0) } == 0
    }

    /// Whether it is there, whole.
    package var isThere: Bool {
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_size == off_t(Self.size) && Int(status.st_blocks) * 512 >= Self.size
    }

    /// Makes the file if it is not there whole, and says whether it is there now. Without space for it there is none: no error.
    @discardableResult
    package func restoreIfPossible() -> Bool {
        if isThere { return true }
        giveUp()
        let descriptor = path.withPlatformString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        guard descriptor >= 0 else { return false }
        let isWhole = fchmod(descriptor, 0o600) == 0 && Self.fill(descriptor) && fsync(descriptor) == 0
        close(descriptor)
        if !isWhole { giveUp() }
        return isWhole
    }

    private static func fill(_ descriptor: CInt) -> Bool {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        let words = (0..<size / 8).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        return words.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}
