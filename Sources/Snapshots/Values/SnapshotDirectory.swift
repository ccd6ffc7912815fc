// Where snapshots lie. The rule: a path alone is no place; the pool beneath it must be the one that is remembered.

public import CloneCore
public import SystemPackage

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
