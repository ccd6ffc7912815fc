// A thing to snapshot. Its UUID is what it is; name and paths are attributes that may change.

public import CloneCore
public import Policy
public import SystemPackage

/// A source: an image that snapshots are taken of.
public struct Source: Hashable, Sendable {
    /// What identifies it.
    public let id: Identifier
    /// What it is called; unique among the sources that are not removed.
    public var name: SourceName
    /// Where its image is, an absolute path.
    public var imagePath: FilePath
    /// Where its snapshots go, an absolute path; nil for the default place beside the image.
    public var snapshotDirectory: FilePath?
    /// The pool that its image was last seen on; nil before the first snapshot.
    public var pool: PoolIdentity?
    /// The name of the policy that it had in the configuration when it was last taken; nil for none.
    public var policy: String?
    /// What that policy judged; nil without a policy.
    public var scope: Scope?
    /// When it was registered.
    public let createdAt: Instant
    /// When it was removed while its snapshots stayed listed; nil for a source in use.
    public var removedAt: Instant?

    /// That source.
    public init(
        id: Identifier, name: SourceName, imagePath: FilePath, snapshotDirectory: FilePath? = nil, pool: PoolIdentity? = nil,
        policy: String? = nil, scope: Scope? = nil, createdAt: Instant, removedAt: Instant? = nil
    ) {
        self.id = id
        self.name = name
        self.imagePath = imagePath
        self.snapshotDirectory = snapshotDirectory
        self.pool = pool
        self.policy = policy
        self.scope = scope
        self.createdAt = createdAt
        self.removedAt = removedAt
    }

    /// Whether it was removed, and is kept for the list only.
    public var isRemoved: Bool { removedAt != nil }
}
