// What a run did.

public import Snapshots

/// A source that was pruned, or was to be.
public struct PrunedSource: Sendable {
    /// The source.
    public let source: Source
    /// The configured policy.
    public let policyName: String?
    /// What is gone; in a dry run what would go.
    public let removed: [ListedSnapshot]
    /// How many were judged.
    public let judged: Int
    /// What could not be removed.
    public let failed: [FailedRemoval]
}

/// The outcome of a run.
public struct RunReport: Sendable {
    /// What was taken, in the order of the configuration.
    public internal(set) var taken: [ListedSnapshot] = []
    /// Of which nothing was taken, for too little had changed.
    public internal(set) var unchanged: [UnchangedSource] = []
    /// What was not due, or waits after failures.
    public internal(set) var notDue: [RunUnit] = []
    /// What was pruned: only sources of which something went, or was to go.
    public internal(set) var pruned: [PrunedSource] = []
    /// The other run that is pruning, to which this one left it; nil: none.
    public internal(set) var pruningElsewhere: PruningUnderway?
    /// What went wrong.
    public internal(set) var failures: [RunFailure] = []
    /// What somebody should know, though nothing failed.
    public internal(set) var warnings: [StoreWarning] = []
    /// What patterns match and was skipped.
    public internal(set) var skipped: [SkippedMatches] = []
    /// What hooks did wrong besides what is among the failures.
    public internal(set) var hookFailures: [HookFailure] = []

    /// One in which nothing happened.
    public init() {}

    /// How many things were tried: takings, and sources that were pruned or could not be.
    public var tried: Int {
        let pruneFailures = Set(failures.filter { $0.stage == .prune }.flatMap(\.names))
        let pruned = Set(pruned.map(\.source.name.text)).union(pruneFailures)
        let takeFailures = failures.count { $0.stage == .take || $0.stage == .plan }
        return taken.count + unchanged.count + takeFailures + pruned.count
    }

    /// Whether everything that was tried failed.
    public var isFailed: Bool {
        let hasWorked = !taken.isEmpty || !unchanged.isEmpty || pruned.contains { !$0.removed.isEmpty }
        return !failures.isEmpty && !hasWorked
    }
}
