// Why a snapshot is kept. Typed: the front makes words of it.

/// The rules by the names that JSON and messages use.
public enum RuleName: String, CaseIterable, Sendable, Hashable {
    /// One of the last N.
    case last
    /// The counting rules: the newest of one of the last N buckets that have one.
    case hourly, daily, weekly, monthly, quarterly, yearly
    /// Younger than a duration.
    case within
    /// The bucketed within rules: the newest of its bucket, and younger than a duration.
    case withinHourly = "within_hourly"
    case withinDaily = "within_daily"
    case withinWeekly = "within_weekly"
    case withinMonthly = "within_monthly"
    case withinQuarterly = "within_quarterly"
    case withinYearly = "within_yearly"
    /// Its label or one of its tags is to be kept.
    case label, tag
    /// The user forbade its removal.
    case held
    /// The latest by time, or the highest number.
    case newest
    /// Taken in the future, as the clock has it.
    case future
    /// A safety snapshot that is still young.
    case safety

    /// The counting rule for a period.
    public init(counting period: Period) {
        switch period {
        case .hourly: self = .hourly
        case .daily: self = .daily
        case .weekly: self = .weekly
        case .monthly: self = .monthly
        case .quarterly: self = .quarterly
        case .yearly: self = .yearly
        }
    }

    /// The bucketed within rule for a period.
    public init(within period: Period) {
        switch period {
        case .hourly: self = .withinHourly
        case .daily: self = .withinDaily
        case .weekly: self = .withinWeekly
        case .monthly: self = .withinMonthly
        case .quarterly: self = .withinQuarterly
        case .yearly: self = .withinYearly
        }
    }
}

/// One reason to keep a snapshot.
public struct Reason: Sendable, Hashable {
    /// The rule that says so.
    public let rule: RuleName
    /// Kept as the oldest snapshot, though a newer one has its bucket.
    public let oldest: Bool
    // Four bytes, not an optional Int: there may be millions of reasons.
    private let place: Int32

    /// Which place of a counting rule it fills, 1 for the newest; nil for the other rules.
    public var ordinal: Int? { place == 0 ? nil : Int(place) }

    /// Makes one; an ordinal is 1 or more.
    public init(_ rule: RuleName, ordinal: Int? = nil, oldest: Bool = false) {
        self.rule = rule
        self.oldest = oldest
        place = Int32(clamping: ordinal ?? 0)
    }
}
