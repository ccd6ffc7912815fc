// What is asked of `create`.

public import Policy
public import CloneCore
public import SystemPackage

/// Snapshots to be taken: of one source, or of several at one instant.
public struct CreateRequest: Sendable {
    /// The sources; more than one make a group: one freeze, all or none.
    public var sources: [Source]
    /// What the user calls it.
    public var label: Label?
    /// Its tags.
    public var tags: Tags
    /// A hold from the start.
    public var hold: Hold?
    /// Who asks.
    public var origin: Origin
    /// Frozen, or taken as it is.
    public var consistency: Consistency
    /// The longest freeze, in nanoseconds.
    public var maxFreezeNanoseconds: UInt64
    /// The longest time that each step before the freeze may take.
    public var maxPrepareNanoseconds: UInt64
    /// Whether the files get the immutable flag.
    public var setsImmutable: Bool
    /// Take none if less than so many bytes of each image differ from its newest snapshot; nil: take them anyhow.
    public var ifChanged: Int64?
    /// A time of the user's own, with the origin `import` or `adopted`; nil: the instant of the freeze.
    public var takenAt: Instant?
    /// What is different for single sources, by their UUIDs.
    public var exceptions: [Identifier: Exception] = [:]

    /// What holds for one of several sources instead of what holds for all.
    public struct Exception: Sendable, Hashable {
        /// Frozen, or taken as it is.
        public var consistency: Consistency
        /// How it is cloned if it is frozen; nil: as fits it best.
        public var way: CloneWay?
        /// Whether its file gets the immutable flag.
        public var setsImmutable: Bool
        /// Where its snapshots go from this one on; nil: where the catalogue says.
        public var directory: FilePath?

        /// Those four.
        public init(consistency: Consistency, way: CloneWay? = nil, setsImmutable: Bool, directory: FilePath? = nil) {
            self.consistency = consistency
            self.way = way
            self.setsImmutable = setsImmutable
            self.directory = directory
        }
    }

    func consistency(of source: Source) -> Consistency { exceptions[source.id]?.consistency ?? consistency }
    func setsImmutable(of source: Source) -> Bool { exceptions[source.id]?.setsImmutable ?? setsImmutable }

    /// A plain snapshot of these sources.
    public init(
        sources: [Source], label: Label? = nil, tags: Tags = .none, hold: Hold? = nil, origin: Origin = .manual,
        consistency: Consistency = .frozen, maxFreezeNanoseconds: UInt64 = 10_000_000_000,
        maxPrepareNanoseconds: UInt64 = CloneOptions.usualPreparation, setsImmutable: Bool = true,
        ifChanged: Int64? = nil, takenAt: Instant? = nil
    ) {
        self.sources = sources
        self.label = label
        self.tags = tags
        self.hold = hold
        self.origin = origin
        self.consistency = consistency
        self.maxFreezeNanoseconds = maxFreezeNanoseconds
        self.maxPrepareNanoseconds = maxPrepareNanoseconds
        self.setsImmutable = setsImmutable
        self.ifChanged = ifChanged
        self.takenAt = takenAt
    }
}

/// A snapshot with what was measured of its file just now.
public struct ListedSnapshot: Sendable, Hashable {
    /// What the catalogue knows.
    public var snapshot: Snapshot
    /// Whether its file is there.
    public var presence: Presence
    /// Bytes on disk, shared ones included: measured now if present, else as when it was taken.
    public var allocatedBytes: Int64

    /// That snapshot, in that presence.
    public init(snapshot: Snapshot, presence: Presence, allocatedBytes: Int64) {
        self.snapshot = snapshot
        self.presence = presence
        self.allocatedBytes = allocatedBytes
    }
}

/// What `create` did.
public struct CreateReport: Sendable {
    /// The snapshots, in the order of the request; none if nothing had changed.
    public var snapshots: [ListedSnapshot]
    /// How the clone of each was made.
    public var makings: [CloneMaking] = []
    /// The sources of which none was taken, for too little had changed: all or none of them.
    public var unchanged: [UnchangedSource] = []
    /// What the user should know, though all is done.
    public var warnings: [StoreWarning]
}

/// Something that is not an error, but that somebody should know.
public enum StoreWarning: Sendable, Hashable {
    /// The immutable flag could not be set, though the user is root.
    case notImmutable(path: String)
    /// A crash's traces were mended: what was done, and to which snapshot.
    case reconciled(ReconcileAction, SnapshotNumber)
    /// A snapshot that was to be removed turned out to be held.
    case keptHeld(SnapshotNumber)
    /// The file of a snapshot is not there.
    case missing(SnapshotNumber, path: String)
    /// The image that a restore replaced could not be removed from its hidden name.
    case oldImageLeft(path: String, problem: String)
    /// Beside the image lies what an earlier restore left that was cut off: a clone, or the image as it was before.
    case restoreLeft(path: String)
    /// So many more files beside an image have the name of one that a restore has left.
    case moreLeft(image: String, count: Int)
    /// The restore is done, but the log does not have it.
    case notLogged(problem: String)
    /// Something that the policy wants to say.
    case policy(message: String, hint: String)
    /// The reserve beside the catalogue was given up because the disk is full.
    case reserveGivenUp(path: String)
}

/// What reconcile did to a row.
public enum ReconcileAction: String, Sendable {
    /// It was durable, so it is complete now.
    case completed
    /// It had never come into being.
    case dropped
    /// Its removal was carried through.
    case removed
    /// Its removal was called off, for it is held.
    case kept
    /// Row and file were made to agree.
    case settled
}
