// Pruning as values: what is asked, what is planned for every snapshot and why, what was done. The rule: `--dry-run` shows the very plan
// that is carried out otherwise.

public import Foundation
public import Policy

/// What is asked of `prune` for one source.
public struct PruneRequest: Sendable {
    /// The source.
    public var source: Source
    /// The rules.
    public var keep: Keep
    /// What they judge.
    public var scope: Scope
    /// Whose calendar.
    public var timeZone: TimeZone
    /// The name of the configured policy; nil for rules of the command line.
    public var policyName: String?
    /// How long safety snapshots are kept (configured policies); nil: they are judged like others.
    public var safetyFor: CalendarDuration?
    /// Whether a plan in which nothing but `newest` keeps anything is carried out all the same.
    public var isForced: Bool
    /// Whether the plan says how much its removals free, which reads the extent map of every file.
    public var measuresReclaim = true

    /// That request.
    public init(
        source: Source, keep: Keep, scope: Scope, timeZone: TimeZone, policyName: String? = nil, safetyFor: CalendarDuration? = nil,
        isForced: Bool = false
    ) {
        self.source = source
        self.keep = keep
        self.scope = scope
        self.timeZone = timeZone
        self.policyName = policyName
        self.safetyFor = safetyFor
        self.isForced = isForced
    }
}

/// A snapshot that stays, and why.
public struct KeptSnapshot: Sendable {
    /// The snapshot.
    public var snapshot: ListedSnapshot
    /// Every rule that keeps it.
    public var reasons: [Reason]
}

/// What is to happen to one source's snapshots.
public struct PrunePlan: Sendable {
    /// The source.
    public var source: Source
    /// The time it was judged at.
    public var now: Instant
    /// The zone its calendar was in.
    public var timeZone: TimeZone
    /// The name of the configured policy.
    public var policyName: String?
    /// The rules.
    public var keep: Keep
    /// What the rules guarantee.
    public var reach: [Reach]
    /// What stays, oldest first.
    public var kept: [KeptSnapshot]
    /// What goes, oldest first.
    public var removed: [ListedSnapshot]
    /// What the rules don't look at, oldest first.
    public var outOfScope: [ListedSnapshot]
    /// What the user should know.
    public var warnings: [StoreWarning]
    /// What removing them frees, in bytes; nil if it can't be told.
    public var reclaimableBytes: Int64?
}

/// What became of a plan.
public struct PruneReport: Sendable {
    /// The plan.
    public var plan: PrunePlan
    /// Those that are gone.
    public var removed: [ListedSnapshot]
    /// Those that could not be removed, and why.
    public var failed: [FailedRemoval]
    /// What the user should know.
    public var warnings: [StoreWarning]
}

/// A snapshot that could not be removed.
public struct FailedRemoval: Sendable {
    /// The snapshot.
    public var snapshot: ListedSnapshot
    /// Why.
    public var error: SnapshotsError
}
