// What holds for a snapshot of a source: what the configuration says of it, unless somebody wishes otherwise.

public import CloneCore
import Configuration
import Policy
public import Snapshots
public import SystemPackage

/// What somebody wants whatever the configuration says.
public struct TakeWishes: Sendable, Hashable {
    /// Frozen, or as it is.
    public var consistency: Consistency?
    /// The longest freeze.
    public var maxFreezeNanoseconds: UInt64?
    /// The longest that each step before the freeze may take.
    public var maxPrepareNanoseconds: UInt64?
    /// How to clone what is frozen.
    public var way: CloneWay?
    /// Whether the files get the immutable flag.
    public var setsImmutable: Bool?
    /// Whether hooks run.
    public var runsHooks: Bool

    /// Those wishes; by itself, everything as configured.
    public init(
        consistency: Consistency? = nil, maxFreezeNanoseconds: UInt64? = nil, maxPrepareNanoseconds: UInt64? = nil, way: CloneWay? = nil,
        setsImmutable: Bool? = nil,
        runsHooks: Bool = true
    ) {
        self.consistency = consistency
        self.maxFreezeNanoseconds = maxFreezeNanoseconds
        self.maxPrepareNanoseconds = maxPrepareNanoseconds
        self.way = way
        self.setsImmutable = setsImmutable
        self.runsHooks = runsHooks
    }
}

/// What a snapshot's record and its source's row say of the policy.
struct RecordedPolicy: Sendable, Hashable {
    var name: String
    var scope: Scope
}

/// A source to be taken, and how.
public struct TakeOrder: Sendable, Hashable {
    /// The source.
    public var source: Source
    /// Frozen, or as it is.
    public var consistency: Consistency
    /// The longest freeze.
    public var maxFreezeNanoseconds: UInt64
    /// The longest that each step before the freeze may take.
    public var maxPrepareNanoseconds: UInt64
    /// How it is cloned while frozen; nil: as fits it best.
    public var way: CloneWay?
    /// Whether its file gets the immutable flag.
    public var setsImmutable: Bool
    /// Where its snapshots go from now on; nil: where the catalogue says.
    public var directory: FilePath?
    /// Its policy, to be recorded.
    var policy: RecordedPolicy?
    /// Its hooks.
    public var hooks: Hooks
    /// The group that it is configured in.
    public var group: String?

    /// What holds for a source that is not configured, or has this entry and its policy. What the source is said to have of a policy is
    /// recorded when the snapshot is taken.
    init(_ source: Source, _ entry: ConfiguredSource?, _ policy: ConfiguredPolicy?, _ wishes: TakeWishes) {
        self.source = source
        self.policy = policy.map { RecordedPolicy(name: $0.name, scope: $0.scope) }
        consistency = wishes.consistency ?? (entry?.consistency == .crash ? .crash : .frozen)
        maxFreezeNanoseconds = wishes.maxFreezeNanoseconds ?? UInt64(entry?.maxFreeze?.milliseconds ?? 10_000) * 1_000_000
        maxPrepareNanoseconds =
            wishes.maxPrepareNanoseconds ?? entry?.maxPrepare.map { UInt64($0.seconds) * 1_000_000_000 } ?? CloneOptions.usualPreparation
        way = wishes.way ?? entry?.clone
        setsImmutable = wishes.setsImmutable ?? entry?.immutable ?? true
        directory = entry?.snapshotDirectory
        hooks = wishes.runsHooks ? entry.map(Hooks.init) ?? .none : .none
        group = entry?.group
    }
}

extension Hooks {
    /// Those of an entry.
    init(_ entry: ConfiguredSource) {
        self.init(before: entry.before, after: entry.after, failed: entry.failed, seconds: entry.timeout?.seconds ?? 60)
    }
}

extension ConfiguredSources {
    /// How a snapshot of the source is taken. Throws ``AutomationError/configuredOtherwise(source:image:configured:path:place:)``.
    public func takeOrder(for source: Source, _ wishes: TakeWishes = TakeWishes()) throws(AutomationError) -> TakeOrder {
        switch match(source) {
        case .none: order(source, nil, wishes)
        case .entry(let entry): order(source, entry, wishes)
        case .contradiction(let error): throw error
        }
    }

    /// How a snapshot of the source with that entry is taken.
    func order(_ source: Source, _ entry: ConfiguredSource?, _ wishes: TakeWishes = TakeWishes()) -> TakeOrder {
        TakeOrder(source, entry, entry?.policy.flatMap { configuration.policy($0) }, wishes)
    }
}
