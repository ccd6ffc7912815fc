// The 1 MiB that lies beside the catalogue so that prune, delete and repair can work on a full disk: SQLite can't even open its log there. The
// rule: the bytes are really written, and not compressible, for a hole or a run of zeros would reserve nothing; and a file that holds anything
// else is somebody's own, and stays.

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
        holdsOurs && path.withPlatformString { unlink($0) } == 0
    }

    /// Whether what is there was made by `restoreIfPossible`: whole, or what a crash left of it (shorter, or zeros that were not written).
    var holdsOurs: Bool {
        let descriptor = path.withPlatformString { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= off_t(Self.size) else { return false }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { return false }
        let expected = Self.words(bytes.count / 8).withUnsafeBytes { Array($0) }
        return bytes[..<count] == expected[..<count] || bytes[..<count].allSatisfy { $0 == 0 }
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
        words(size / 8).withUnsafeBytes { bytes in
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

    /// The same in every reserve, and not compressible.
    private static func words(_ count: Int) -> [UInt64] {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
