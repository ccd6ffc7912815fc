// Retention itself: from snapshots and rules to verdicts. Pure: the same arguments always give the same judgement.
// The rules fail towards keeping: what can't be judged stays, an empty rule set removes nothing, the newest is never removed.
// Cost: sorting, then one walk.

public import FoundationEssentials

/// Judges every snapshot of one source.
///
/// - Parameters:
///   - candidates: all snapshots of the source, in any order.
///   - keep: the rules. An empty set keeps everything (with a warning); the caller is expected to refuse it.
///   - scope: `run` for configured policies unless they say otherwise, `all` for rules on the command line.
///   - now: the current time. Decides what is in the future and which safety snapshots are young, nothing else.
///   - timeZone: the zone whose calendar makes the buckets.
///   - safetyFor: how long safety snapshots in scope are kept; nil where that rule does not apply.
/// - Returns: a verdict for each candidate, in the order of the candidates.
public func judge(
    _ candidates: [Candidate], keep: Keep, scope: Scope, now: Instant, timeZone: TimeZone, safetyFor: CalendarDuration?
) -> Judgement {
    judge(candidates, keep: keep, scope: scope, calendar: JudgingCalendar(timeZone, now: now), safetyFor: safetyFor)
}

/// A zone's calendar up to now. Reading one takes as long as judging a few thousand snapshots, so it is made once for many sources.
public struct JudgingCalendar: Sendable {
    /// The time that is judged at.
    public let now: Instant
    let table: ZoneTable

    /// That zone's, at that time.
    public init(_ zone: TimeZone, now: Instant) {
        self.now = now
        table = ZoneTable(zone, through: now.advanced(byMilliseconds: clockTolerance))
    }
}

/// The same by a calendar that was made before.
public func judge(
    _ candidates: [Candidate], keep: Keep, scope: Scope, calendar: JudgingCalendar, safetyFor: CalendarDuration?
) -> Judgement {
    judge(candidates, keep: keep, scope: scope, now: calendar.now, table: calendar.table, safetyFor: safetyFor)
}

/// The same with a table of the zone that is there already. It must reach 5 minutes past `now`; it may reach farther.
func judge(
    _ candidates: [Candidate], keep: Keep, scope: Scope, now: Instant, table: ZoneTable, safetyFor: CalendarDuration?
) -> Judgement {
    var verdicts = [Verdict](repeating: .keep([]), count: candidates.count)
    var seen: [Entry] = []
    var future: [Int64] = []
    seen.reserveCapacity(candidates.count)
    let end = Instant(clamping: now.milliseconds + clockTolerance)
    for (index, candidate) in candidates.enumerated() {
        if !candidate.complete {
            verdicts[index] = .incomplete
        } else if scope == .run && candidate.origin != .run {
            verdicts[index] = .outOfScope
        } else if candidate.takenAt > end {
            verdicts[index] = .keep(candidate.held ? [Reason(.held), Reason(.future)] : [Reason(.future)])
            future.append(candidate.number)
        } else {
            seen.append(Entry(takenAt: candidate.takenAt, number: candidate.number, index: index))
        }
    }
    seen.sortNewestFirst()
    var warnings: [PolicyWarning] = keep.isEmpty ? [.noRules] : []
    if !future.isEmpty { warnings.append(.future(numbers: future.sorted())) }

    var walk = Walk(seen, keep: keep, now: now, table: table, safetyFor: safetyFor)
    for (position, entry) in seen.enumerated() {
        verdicts[entry.index] = walk.verdict(on: candidates[entry.index], isOldest: position == seen.count - 1)
    }
    return Judgement(verdicts: verdicts, warnings: warnings, reach: walk.reach, matchesNothing: walk.matchesNothing)
}
