// Where snapshots lie. The rule: a path alone is no place; the pool beneath it must be the one that is remembered.

public import CloneCore
public import SystemPackage

/// A snapshot directory on its pool.
public struct SnapshotDirectory: Hashable, Sendable {
    /// Shared by all snapshots that lie there: a list has very many of them.
    private let parts: Parts

    private final class Parts: Sendable {
        let path: FilePath
        let pool: PoolIdentity

        init(path: FilePath, pool: PoolIdentity) {
            self.path = path
            self.pool = pool
        }
    }

    /// That directory on that pool.
    public init(path: FilePath, pool: PoolIdentity) {
        parts = Parts(path: path, pool: pool)
    }

    /// Where it was when last seen.
    public var path: FilePath { parts.path }
    /// The pool that it is on.
    public var pool: PoolIdentity { parts.pool }

    /// Whether they are the same path on the same pool.
    public static func == (left: SnapshotDirectory, right: SnapshotDirectory) -> Bool {
        left.parts === right.parts || (left.path == right.path && left.pool == right.pool)
    }

    /// By path and pool.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(pool)
    }
}
