// Repair as values.

public import SystemPackage

/// How `repair` treats what it finds.
public struct RepairRequest: Sendable {
    /// Only these sources; empty, and without directories: all.
    public var sources: [Source]
    /// Snapshot directories, whose sources are meant: those that the catalogue does not know are taken in again.
    public var directories: [FilePath]
    /// Whether rows whose file is missing, in an identified directory, are struck off; of sources that are named also those whose whole
    /// directory is not there.
    public var forgetsMissing: Bool
    /// Whether anything is changed.
    public var isDryRun: Bool

    /// Whether a directory that is not there is taken for lost.
    var forgetsDirectories: Bool { forgetsMissing && !sources.isEmpty }

    /// That request.
    public init(sources: [Source] = [], directories: [FilePath] = [], forgetsMissing: Bool = false, isDryRun: Bool = false) {
        self.sources = sources
        self.directories = directories
        self.forgetsMissing = forgetsMissing
        self.isDryRun = isDryRun
    }
}

/// One thing that repair found and did, or would do.
public struct RepairStep: Sendable {
    /// What.
    public enum Kind: String, Sendable {
        case completed, dropped, removed, kept, settled, adopted, forgotten, relocated
        case unfinished, missing, foreign, unreadable, unavailable
        /// A clone that a restore had left beside the image was removed.
        case cloneRemoved = "clone_removed"
        /// Something else that a restore has left beside the image.
        case restoreLeft = "restore_left"
    }

    /// What.
    public var kind: Kind
    /// Whose.
    public var source: SourceName?
    /// Which snapshot, if it has a number.
    public var number: SnapshotNumber?
    /// Which file or directory.
    public var path: FilePath?
    /// More about it.
    public var detail: String?
    /// What to do about it.
    public var hint: String?
}

/// What repair did.
public struct RepairReport: Sendable {
    /// Step by step; empty: all was well.
    public var steps: [RepairStep]
    /// Sources that could not be repaired, and why.
    public var failed: [(source: SourceName, error: SnapshotsError)]
}

/// What rebuilding a lost catalogue found.
public struct RebuildReport: Sendable {
    /// The sources that are known again.
    public var sources: [Source]
    /// How many snapshots are listed again.
    public var snapshotCount: Int
    /// Where the damaged catalogue was put aside; nil if there was none.
    public var damagedCatalogue: FilePath?
    /// Files that were left alone, and why.
    public var leftAlone: [(path: FilePath, reason: String)]
}
