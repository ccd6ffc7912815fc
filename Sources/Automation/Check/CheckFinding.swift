// What a check found, as values. The rule: the kinds are words for scripts and never change; the sentence and the hint are for people.

/// How well it is. Ordered by what counts more: an unknown state hides neither a warning nor what is critical.
public enum CheckStatus: Int, Sendable, Hashable, CaseIterable, Comparable {
    /// All is well.
    case ok
    /// It could not be told.
    case unknown
    /// Somebody should look.
    case warning
    /// Somebody must look.
    case critical

    /// The lighter first.
    public static func < (left: CheckStatus, right: CheckStatus) -> Bool { left.rawValue < right.rawValue }
}

/// What is wrong.
public enum CheckKind: String, Sendable, Hashable, CaseIterable {
    /// A freeze record was left behind by dead processes.
    case leftFrozen = "left_frozen"
    /// The configuration can't be used, or contradicts the catalogue.
    case configuration
    /// A pattern matches files of others, which are skipped.
    case matchSkipped = "match_skipped"
    /// The catalogue can't be read.
    case catalogue
    /// There is nothing to check.
    case nothing
    /// The schedule has not been seen to for too long.
    case tooOld = "too_old"
    /// The schedule was never seen to.
    case noSnapshot = "no_snapshot"
    /// The last run failed.
    case runFailed = "run_failed"
    /// The newest snapshot lies in the future.
    case clockBehind = "clock_behind"
    /// Snapshot files are not there.
    case missing
    /// Snapshot files have another name, or lie elsewhere, than the catalogue says.
    case relocated
    /// The pool with the snapshots can't be identified.
    case unavailable
    /// Snapshot files are not in the catalogue.
    case orphans
    /// A run has been pruning for long, which keeps later ones from it.
    case pruningLong = "pruning_long"
    /// A pool is nearly full.
    case poolFull = "pool_full"
}

/// One thing that is not well.
public struct CheckFinding: Sendable, Hashable {
    /// How bad it is.
    public var status: CheckStatus
    /// What it is.
    public var kind: CheckKind
    /// What it is about: a source, a pool, a file; nil for losnap as a whole.
    public var subject: String?
    /// What is wrong.
    public var sentence: String
    /// What to do about it.
    public var hint: String?

    /// That finding.
    public init(_ status: CheckStatus, _ kind: CheckKind, _ subject: String?, _ sentence: String, hint: String?) {
        self.status = status
        self.kind = kind
        self.subject = subject
        self.sentence = sentence
        self.hint = hint
    }
}
