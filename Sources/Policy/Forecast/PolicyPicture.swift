// A policy drawn: for each period that a rule counts in, one row of its buckets up to the newest snapshot, and what is in each. The rule:
// it shows verdicts, and makes none; the buckets of a row are the slots of such a schedule, which are those of the rules.

public import FoundationEssentials

/// The picture as a value; the front makes characters of it.
public struct PolicyPicture: Sendable, Hashable {
    /// What is in a bucket; what comes first wins.
    public enum Cell: Int, Sendable, Hashable {
        /// A snapshot that a rule of this row keeps.
        case kept
        /// A snapshot that only other rules keep.
        case keptOtherwise
        /// Only snapshots that would go.
        case removed
        /// None.
        case empty
    }

    /// The buckets of one period, from the oldest shown to the newest.
    public struct Row: Sendable, Hashable {
        /// The period.
        public let period: Period
        /// Whether there is a rule for it.
        public let hasRule: Bool
        /// When the first bucket shown starts.
        public let from: Instant
        /// The buckets.
        public let cells: [Cell]
        /// Before which of them the next longer unit of the calendar begins: a day before an hour, a week before a day, a
        /// quarter before a week, a year before the longer ones.
        public let breaks: Set<Int>
        /// How many snapshots its rules keep, also those before the first bucket shown.
        public let keptByRule: Int
    }

    /// One for each period with a rule, and one of days where neither hours nor days have one.
    public let rows: [Row]
    /// How many snapshots the other rules keep, in the order of `RuleName`; `newest` only where nothing else keeps one.
    public let besides: [RuleCount]
    /// The newest snapshot that rules look at; nil without any.
    public let newest: Instant?

    /// A rule and how many snapshots it keeps.
    public struct RuleCount: Sendable, Hashable {
        /// The rule.
        public let rule: RuleName
        /// The snapshots.
        public let count: Int
    }

    /// - Parameters:
    ///   - judged: the snapshots of one source, in any order.
    ///   - keep: the rules that they were judged by.
    ///   - zone: the zone that they were judged in.
    ///   - columns: how wide a row may be, with a column for each break.
    public init(_ judged: [Judged], keep: Keep, zone: TimeZone, columns: Int) {
        let seen = judged.filter { $0.verdict.isSeen }.sorted { $0.takenAt > $1.takenAt }
        newest = seen.first?.takenAt
        besides = PolicyPicture.besides(judged)
        guard let newest = seen.first?.takenAt, let oldest = seen.last?.takenAt else {
            rows = []
            return
        }
        let table = ZoneTable(zone, through: newest.advanced(byMilliseconds: 400 * 86_400_000))
        let ruled = Period.allCases.filter { keep.periods[$0] != nil || keep.withinPeriods[$0] != nil }
        let hasShort = ruled.contains(.hourly) || ruled.contains(.daily)
        let periods = Period.allCases.filter { ruled.contains($0) || $0 == .daily && !hasShort }
        rows = periods.map { period in
            Row(period, hasRule: ruled.contains(period), seen, oldest: oldest, newest: newest, table: table, columns: columns)
        }
    }

    private static func besides(_ judged: [Judged]) -> [RuleCount] {
        var counts: [RuleName: Int] = [:]
        for reasons in judged.map(\.verdict.reasons) {
            for reason in reasons where reason.rule.period == nil && (reason.rule != .newest || reasons.count == 1) {
                counts[reason.rule, default: 0] += 1
            }
        }
        return RuleName.allCases.compactMap { rule in counts[rule].map { RuleCount(rule: rule, count: $0) } }
    }
}

extension PolicyPicture.Row {
    /// `seen` is in order, the newest first.
    fileprivate init(
        _ period: Period, hasRule: Bool, _ seen: [Judged], oldest: Instant, newest: Instant, table: ZoneTable, columns: Int
    ) {
        self.period = period
        self.hasRule = hasRule
        keptByRule = seen.count { $0.verdict.reasons.contains { $0.rule.period == period } }
        var cells: [PolicyPicture.Cell] = []
        var breaks: [Int] = []
        var starts: [Instant] = []
        var width = 0
        var start = period.grid.start(atOrBefore: newest, in: table)
        var index = 0
        while true {
            var cell = PolicyPicture.Cell.empty
            while index < seen.count, seen[index].takenAt >= start {
                let own = PolicyPicture.Cell(seen[index].verdict, in: period)
                if own.rawValue < cell.rawValue { cell = own }
                index += 1
            }
            cells.append(cell)
            starts.append(start)
            width += 1
            let before = start.advanced(byMilliseconds: -1)
            guard start > oldest, before < start else { break }
            let earlier = period.grid.start(atOrBefore: before, in: table)
            let divider = period.divider?.grid
            let isBreak =
                divider.map { $0.start(atOrBefore: earlier, in: table) != $0.start(atOrBefore: start, in: table) } ?? false
            guard width + (isBreak ? 2 : 1) <= columns else { break }
            if isBreak {
                breaks.append(cells.count - 1)
                width += 1
            }
            start = earlier
        }
        // What lies before the first snapshot shown says nothing.
        while cells.count > 1, cells.last == .empty { cells.removeLast() }
        let count = cells.count
        self.cells = cells.reversed()
        self.breaks = Set(breaks.filter { $0 < count - 1 }.map { count - 1 - $0 })
        from = starts[count - 1]
    }
}

extension PolicyPicture.Cell {
    fileprivate init(_ verdict: Verdict, in period: Period) {
        if verdict.isRemoval {
            self = .removed
        } else {
            self = verdict.reasons.contains { $0.rule.period == period } ? .kept : .keptOtherwise
        }
    }
}

extension Verdict {
    /// Whether rules look at it.
    fileprivate var isSeen: Bool {
        switch self {
        case .keep(let reasons): !reasons.contains { $0.rule == .future }
        case .remove: true
        case .outOfScope, .incomplete: false
        }
    }
}

extension RuleName {
    /// The period in which the rule counts.
    fileprivate var period: Period? {
        Period.allCases.first { self == RuleName(counting: $0) || self == RuleName(within: $0) }
    }
}

extension Period {
    /// The longer unit that a row of it is divided by.
    fileprivate var divider: Period? {
        switch self {
        case .hourly: .daily
        case .daily: .weekly
        case .weekly: .quarterly
        case .monthly, .quarterly: .yearly
        case .yearly: nil
        }
    }
}
