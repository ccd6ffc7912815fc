// The walk from newest to oldest, with the state of all rules. What it is given is what the policy sees: complete,
// in scope, not in the future.

struct Walk {
    private let keepsAll: Bool
    private var counting: [CountingRule] = []
    private var within: [WithinRule] = []
    private let names: NameRules
    private let newest: Int64?
    private let highest: Int64?
    private let safetyStart: Instant?
    private var buckets: BucketWalk
    // Reused for every snapshot: most have no reason, and then nothing is allocated.
    private var reasons: [Reason] = []

    private var anyRuleKept = false
    private var removed = 0
    private var removable = 0

    init(_ seen: [Entry], keep: Keep, now: Instant, table: ZoneTable, safetyFor: CalendarDuration?) {
        keepsAll = keep.isEmpty
        names = NameRules(keep)
        newest = seen.first?.number
        highest = seen.lazy.map(\.number).max()
        safetyStart = safetyFor?.subtract(from: now, in: table)
        buckets = BucketWalk(table)
        // Without an anchor there is nothing to walk over.
        guard let anchor = seen.first?.takenAt else { return }
        if let last = keep.last { counting.append(CountingRule(.last, nil, last)) }
        if let duration = keep.within {
            within.append(WithinRule(.within, nil, start: duration.subtract(from: anchor, in: table)))
        }
        for period in Period.allCases {
            if let limit = keep.periods[period] { counting.append(CountingRule(RuleName(counting: period), period, limit)) }
            if let duration = keep.withinPeriods[period] {
                let start = duration.subtract(from: anchor, in: table)
                within.append(WithinRule(RuleName(within: period), period, start: start))
            }
        }
    }

    /// The verdict on the next snapshot. All rules are asked, also those after the first that keeps it.
    mutating func verdict(on candidate: Candidate, isOldest: Bool) -> Verdict {
        reasons.removeAll(keepingCapacity: true)
        let keys = buckets.keys(at: candidate.takenAt)
        for index in counting.indices {
            if let reason = counting[index].reason(for: candidate.takenAt, keys: keys, isOldest: isOldest) { reasons.append(reason) }
        }
        for index in within.indices {
            if let reason = within[index].reason(for: candidate.takenAt, keys: keys, isOldest: isOldest) { reasons.append(reason) }
        }
        names.append(candidate, to: &reasons)
        if !reasons.isEmpty { anyRuleKept = true }

        if candidate.held { reasons.append(Reason(.held)) }
        if let safetyStart, candidate.origin == .safety, candidate.takenAt > safetyStart { reasons.append(Reason(.safety)) }
        if candidate.number == newest || candidate.number == highest {
            reasons.append(Reason(.newest))
        } else {
            removable += 1
        }
        if reasons.isEmpty && !keepsAll {
            removed += 1
            return .remove
        }
        // An exact copy: the buffer itself would carry its spare capacity along, and be copied at the next change.
        return .keep(reasons.map { $0 })
    }

    /// How far each rule reached; meaningful when the walk is over.
    var reach: [Reach] {
        counting.compactMap { rule in rule.oldestKept.map { Reach(rule: rule.name, from: $0) } }
            + within.map { Reach(rule: $0.name, from: $0.start) }
    }

    /// See `Judgement.matchesNothing`.
    var matchesNothing: Bool { !anyRuleKept && removed > 0 && removable > 1 }
}
