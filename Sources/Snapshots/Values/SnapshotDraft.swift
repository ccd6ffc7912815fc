// What is known of a snapshot before its clone is made, and what only afterwards: the two halves that the catalogue's verbs `begin` and
// `complete` take.

public import CloneCore
public import Policy
public import SystemPackage

/// What is known of a snapshot before it is taken.
public struct SnapshotDraft: Hashable, Sendable {
    /// What will identify it.
    public var id: Identifier
    /// The source that it is taken of.
    public var sourceID: Identifier
    /// Where the image is.
    public var imagePath: FilePath
    /// Where its file will lie.
    public var directory: SnapshotDirectory
    /// When it is begun, which is also when its row is made.
    public var begunAt: Instant
    /// Label, tags and hold.
    public var description: SnapshotDescription
    /// The group it is taken in.
    public var group: Identifier?
    /// Who asks for it.
    public var origin: Origin
    /// What is intended.
    public var consistency: Consistency
    /// What the image's inode has besides its bytes.
    public var image: ImageAttributes
    /// The scope of its source's policy.
    public var scope: Scope?

    /// That draft.
    public init(
        id: Identifier, sourceID: Identifier, imagePath: FilePath, directory: SnapshotDirectory, begunAt: Instant,
        description: SnapshotDescription = SnapshotDescription(), group: Identifier? = nil, origin: Origin, consistency: Consistency,
        image: ImageAttributes, scope: Scope? = nil
    ) {
        self.id = id
        self.sourceID = sourceID
        self.imagePath = imagePath
        self.directory = directory
        self.begunAt = begunAt
        self.description = description
        self.group = group
        self.origin = origin
        self.consistency = consistency
        self.image = image
        self.scope = scope
    }
}

/// What is known of a snapshot once its file has been published.
public struct SnapshotCompletion: Hashable, Sendable {
    /// What its file is called.
    public var fileName: SnapshotFileName
    /// The instant of its data.
    public var takenAt: Instant
    /// What is known of the filesystem's state.
    public var consistency: Consistency
    /// Its length.
    public var logicalBytes: Int64
    /// The blocks that are mapped.
    public var allocatedBytes: Int64
    /// How long its filesystems were frozen; nil when none was.
    public var frozenMicroseconds: Int64?
    /// How many extents it has; nil when they were not counted.
    public var extentCount: Int64?
    /// How its blocks came to be shared.
    public var cloneMethod: CloneMethod
    /// What was cloned again while frozen, in bytes; nil for a clone that was made in one go.
    public var reclonedBytes: Int64?
    /// How long it was to be frozen, as reckoned before; nil when that was not reckoned.
    public var predictedMicroseconds: Int64?

    /// That completion.
    public init(
        fileName: SnapshotFileName, takenAt: Instant, consistency: Consistency, logicalBytes: Int64, allocatedBytes: Int64,
        frozenMicroseconds: Int64? = nil, extentCount: Int64? = nil, cloneMethod: CloneMethod = .plain,
        reclonedBytes: Int64? = nil, predictedMicroseconds: Int64? = nil
    ) {
        self.fileName = fileName
        self.takenAt = takenAt
        self.consistency = consistency
        self.logicalBytes = logicalBytes
        self.allocatedBytes = allocatedBytes
        self.frozenMicroseconds = frozenMicroseconds
        self.extentCount = extentCount
        self.cloneMethod = cloneMethod
        self.reclonedBytes = reclonedBytes
        self.predictedMicroseconds = predictedMicroseconds
    }
}
