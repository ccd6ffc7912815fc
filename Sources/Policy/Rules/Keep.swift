// The rule set: everything that a policy says about keeping. Pure data; `judge` gives it its meaning.

/// A length of calendar time with one bucket for each.
public enum Period: String, CaseIterable, Sendable, Hashable {
    /// An hour on the clock; one that occurs twice is two.
    case hourly
    /// A date.
    case daily
    /// A week from Monday to Sunday, as in ISO 8601.
    case weekly
    /// A month of a year.
    case monthly
    /// January to March, April to June, July to September, October to December.
    case quarterly
    /// A year.
    case yearly
}

/// Which snapshots a policy sees. The others are invisible to it: they take no place and are never removed.
public enum Scope: String, Sendable, Hashable, CaseIterable {
    /// Only those that `run` took.
    case run
    /// Every snapshot.
    case all
}

/// The keep statements of a policy, joined by OR. Empty when made: an empty one removes nothing.
public struct Keep: Sendable, Hashable {
    /// The newest N, whenever they were taken.
    public var last: Limit?
    /// The newest of each of the last N hours, days, ... that have one.
    public var periods: [Period: Limit] = [:]
    /// Everything younger than that, counted back from the newest snapshot.
    public var within: CalendarDuration?
    /// The newest of each hour, day, ... in that time, counted back from the newest snapshot.
    public var withinPeriods: [Period: CalendarDuration] = [:]
    /// Labels to keep, as patterns of `Glob`.
    public var labels: [String] = []
    /// Tags to keep, as they are written.
    public var tags: [String] = []

    /// No rule.
    public init() {}

    /// No rule at all. Such a set says nothing, so nothing may be removed by it.
    public var isEmpty: Bool {
        saysNothingOfTimes && labels.isEmpty && tags.isEmpty
    }

    /// Only labels and tags: what has neither is kept by no rule.
    public var isOfNamesAlone: Bool { saysNothingOfTimes && !isEmpty }

    private var saysNothingOfTimes: Bool { last == nil && periods.isEmpty && within == nil && withinPeriods.isEmpty }
}
