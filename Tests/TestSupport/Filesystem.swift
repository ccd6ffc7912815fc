// The kinds of filesystem that tests use, for pools and inside images, and how each is made fast and small.

internal import Glibc
package import SystemPackage

package enum Filesystem: String, Sendable, CaseIterable {
    case xfs, xfsWithoutReflink, btrfs, ext4, tmpfs

    /// Whether files on it can share blocks.
    package var canClone: Bool { self == .xfs || self == .btrfs }

    /// What mount(8) calls it.
    package var mountType: String { self == .xfsWithoutReflink ? "xfs" : rawValue }

    /// The smallest comfortable size; files are sparse, so it costs little. XFS refuses less than 300 MB.
    package var smallSize: Int {
        switch self {
        case .xfs, .xfsWithoutReflink: 320 << 20
        case .btrfs: 128 << 20
        case .ext4, .tmpfs: 64 << 20
        }
    }

    /// Makes the filesystem on a file or block device.
    package func make(on target: FilePath, blockBytes: Int? = nil) throws {
        switch self {
        case .xfs: try Command.run("mkfs.xfs", ["-q", "-f", "-m", "reflink=1", target.string])
        case .xfsWithoutReflink: try Command.run("mkfs.xfs", ["-q", "-f", "-m", "reflink=0", target.string])
        case .btrfs: try makeBtrfs(on: target)
        // Initialised at once: the kernel's lazy initialisation would write to the image during the test.
        case .ext4:
            let blocks = blockBytes.map { ["-b", "\($0)"] } ?? []
            try Command.run("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"] + blocks + [target.string])
        case .tmpfs: throw FixtureError("tmpfs has no device")
        }
    }

    /// mkfs.btrfs looks at whatever is mounted on the machine first, and fails if one of those can't be read: a filesystem that another test has just
    /// shut down.
    private func makeBtrfs(on target: FilePath) throws {
        for _ in 0..<40 {
            let outcome = try Command.outcome("mkfs.btrfs", ["-q", "-f", target.string])
            if outcome.succeeded { return }
            guard outcome.stderr.contains("cannot check mount status") else { break }
            usleep(250_000)
        }
        try Command.run("mkfs.btrfs", ["-q", "-f", target.string])
    }
}
