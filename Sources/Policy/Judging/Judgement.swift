// What comes out of `judge`: a value that a plan, a dry run and a list can all be made from.

/// What happens to one snapshot.
public enum Verdict: Sendable, Hashable {
    /// It stays; all reasons there are, in the order rules, hold, safety, newest. Without any only if no rules were given.
    case keep([Reason])
    /// Nothing keeps it.
    case remove
    /// The policy does not see it. It stays.
    case outOfScope
    /// It is not complete, or its file is not there: not for a policy to decide. It stays.
    case incomplete

    /// Whether the snapshot is to be removed.
    public var isRemoval: Bool { self == .remove }

    /// The reasons; none unless it is kept by the policy.
    public var reasons: [Reason] {
        if case .keep(let reasons) = self { return reasons }
        return []
    }
}

/// From when on a rule vouches for the past, among the snapshots that were judged.
public struct Reach: Sendable, Hashable {
    /// A rule that looks at time: `last`, the counting rules, the within rules.
    public let rule: RuleName
    /// For `last` and the counting rules when the oldest snapshot was taken that the rule keeps; for the within rules where
    /// the window begins. Of every bucket after it that had a snapshot, one is there.
    public let from: Instant

    /// Makes one.
    public init(rule: RuleName, from: Instant) {
        self.rule = rule
        self.from = from
    }
}

/// The verdicts on all snapshots, and what goes with them.
public struct Judgement: Sendable, Hashable {
    /// One for each candidate, in the order of the candidates.
    public var verdicts: [Verdict]
    /// What the user should know.
    public var warnings: [PolicyWarning]
    /// How far back each rule reaches, in the order of `RuleName`; empty if there is nothing to judge.
    public var reach: [Reach]
    /// The rules match nothing: none of the rule set keeps any snapshot, more than the newest is there, and something
    /// would go. To be refused unless forced. Holding a snapshot does not change this while anything would go: a hold must
    /// not turn a refusal into a removal.
    public var matchesNothing: Bool

    /// Makes one.
    public init(verdicts: [Verdict], warnings: [PolicyWarning], reach: [Reach], matchesNothing: Bool) {
        self.verdicts = verdicts
        self.warnings = warnings
        self.reach = reach
        self.matchesNothing = matchesNothing
    }

    /// How many would go.
    public var removals: Int { verdicts.count { $0.isRemoval } }
}
