// A survey as values: what is there of what should be, source by source, and how full the pools are.

public import CloneCore
public import Policy
public import SystemPackage

/// How the files of a source compare with its rows.
public struct SourceSurvey: Sendable {
    /// The source.
    public var source: Source
    /// How many complete snapshots the catalogue has of it.
    public var snapshotCount = 0
    /// When the newest was taken whose file is not missing.
    public var newest: Instant?
    /// The same of those that the schedule took.
    public var newestOfRun: Instant?
    /// Those whose file is not there, in the order of time.
    public var missing: [SnapshotNumber] = []
    /// Those whose file has another name, or lies in another directory of the source, than the catalogue says.
    public var relocated: [SnapshotNumber] = []
    /// Those whose pool can't be identified.
    public var unavailable: [SnapshotNumber] = []
    /// Why it can't be.
    public var unavailability: SnapshotsError?
    /// Snapshot files of this catalogue that it does not list.
    public var orphans: [FilePath] = []

    /// Nothing known yet.
    public init(source: Source) {
        self.source = source
    }
}

/// How full a pool is.
public struct PoolSpace: Sendable, Hashable {
    /// Where it is mounted.
    public var path: FilePath
    /// Which pool it is.
    public var pool: PoolIdentity
    /// Bytes in use.
    public var usedBytes: Int64
    /// Bytes that can still be written. A btrfs says 0 when it has no room for metadata, however much is free besides.
    public var availableBytes: Int64

    /// That much.
    public init(path: FilePath, pool: PoolIdentity, usedBytes: Int64, availableBytes: Int64) {
        self.path = path
        self.pool = pool
        self.usedBytes = usedBytes
        self.availableBytes = availableBytes
    }

    /// The share in use, from 0 to 1, as df(1) has it: what is kept back for root counts for neither side.
    public var usedRatio: Double {
        let whole = Double(usedBytes) + Double(availableBytes)
        return whole > 0 ? Double(usedBytes) / whole : 0
    }
}

/// What there is.
public struct Survey: Sendable {
    /// Source by source, in the order that was asked for.
    public var sources: [SourceSurvey]
    /// Each pool that was met, once.
    public var pools: [PoolSpace]

    /// That.
    public init(sources: [SourceSurvey], pools: [PoolSpace]) {
        self.sources = sources
        self.pools = pools
    }
}
