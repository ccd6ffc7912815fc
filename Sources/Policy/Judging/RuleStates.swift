// The rules that look at time, on their way from the newest snapshot to the oldest. Each asks its own question; none knows
// of the others, so that adding a rule can only add reasons.

/// `last` and the counting rules: the newest of each of the last N buckets that have one, and the oldest of all if there is a place left.
struct CountingRule {
    let name: RuleName
    /// Nil: every snapshot is a bucket of its own.
    let period: Period?
    private var placesLeft: Int
    private var placesFilled = 0
    private var memory = BucketMemory()
    /// The last one it kept.
    private(set) var oldestKept: Instant?

    init(_ name: RuleName, _ period: Period?, _ limit: Limit) {
        self.name = name
        self.period = period
        placesLeft = limit.places
    }

    /// Whether it keeps this one.
    mutating func reason(for instant: Instant, keys: BucketKeys, isOldest: Bool) -> Reason? {
        guard placesLeft > 0 else { return nil }
        let isNew = period.map { memory.admits(keys[$0]) } ?? true
        guard isNew || isOldest else { return nil }
        placesLeft -= 1
        placesFilled += 1
        oldestKept = instant
        return Reason(name, ordinal: placesFilled, oldest: !isNew)
    }
}

/// `within` and the bucketed within rules: what is younger than the window's start, all or the newest of each bucket; and the
/// oldest of all if it is in the window.
struct WithinRule {
    let name: RuleName
    /// Nil: all of them.
    let period: Period?
    /// Not part of the window itself.
    let start: Instant
    private var memory = BucketMemory()

    init(_ name: RuleName, _ period: Period?, start: Instant) {
        self.name = name
        self.period = period
        self.start = start
    }

    /// Whether it keeps this one.
    mutating func reason(for instant: Instant, keys: BucketKeys, isOldest: Bool) -> Reason? {
        guard instant > start else { return nil }
        guard let period else { return Reason(name) }
        let isNew = memory.admits(keys[period])
        return isNew || isOldest ? Reason(name, oldest: !isNew) : nil
    }
}

/// `label` and `tag`: what the snapshot is called.
struct NameRules {
    private let labels: [Glob]
    private let tags: [String]

    init(_ keep: Keep) {
        labels = keep.labels.map { Glob($0) }
        tags = keep.tags
    }

    func append(_ candidate: Candidate, to reasons: inout [Reason]) {
        if let label = candidate.label, labels.contains(where: { $0.matches(label) }) { reasons.append(Reason(.label)) }
        if !tags.isEmpty, candidate.tags.contains(where: { tags.contains($0) }) { reasons.append(Reason(.tag)) }
    }
}
