// Which filesystem snapshots lie on. The rule: the filesystem's own UUID, never a device number, a mount point or an fsid, all of which
// another filesystem may have tomorrow.

public import SystemPackage

/// What identifies a pool: the filesystem's type and UUID.
public struct PoolIdentity: Hashable, Sendable {
    /// `xfs`, `btrfs`, ...
    public let type: String
    /// The filesystem's UUID as its tools print it.
    public let uuid: String

    /// The pool of that type and UUID.
    public init(type: String, uuid: String) {
        self.type = type
        self.uuid = uuid
    }
}

/// A snapshot directory on its pool.
public struct SnapshotDirectory: Hashable, Sendable {
    /// Where it was when last seen.
    public let path: FilePath
    /// The pool that it is on.
    public let pool: PoolIdentity

    /// That directory on that pool.
    public init(path: FilePath, pool: PoolIdentity) {
        self.path = path
        self.pool = pool
    }
}
