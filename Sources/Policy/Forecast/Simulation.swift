// How a set of snapshots develops under rules and a schedule: the pure judge, fed with what the schedule would take. The rule: no formula of
// its own, so that what it says can't differ from what pruning does; no clock, so that the same arguments give the same answer.
//
// Pruning after each snapshot gives what pruning now and then gives (Docs/retention.md), so it is done when the set has doubled, and
// whenever somebody looks. With bucketed within rules pruning after each may keep one snapshot more, the oldest; so there it is done after
// each, unless that would take too long. Nor is it the same under rules that only look at labels and tags: they keep nothing that a schedule
// takes, and pruning is refused where several would go at once, but not where one does.

public import FoundationEssentials

/// A source that is taken on schedule and pruned by rules, from a first moment on.
public struct Simulation: Sendable {
    /// The most snapshots that are worth simulating: a second or two of work.
    public static let mostSteps = 2_000_000
    /// How many may be taken, and be there, for pruning after each: a third of a second of work.
    private static let mostExact = (steps: 30_000, size: 256)

    /// How many snapshots have been taken.
    public private(set) var taken = 0

    private let keep: Keep
    private let schedule: Schedule
    private let pauses: [Range<Instant>]
    private let table: ZoneTable
    private let isExact: Bool
    /// When the next one is taken; nil at the end of time.
    private var upcoming: Instant?
    private var candidates: [Candidate] = []
    private var size = 0

    /// - Parameters:
    ///   - keep: the rules.
    ///   - schedule: when a snapshot is due.
    ///   - zone: whose calendar is meant, by the rules and by the schedule.
    ///   - start: nothing is taken before.
    ///   - end: nothing is asked about what comes after.
    ///   - pauses: when nothing is taken. What fell due in one is made up for once, at its end.
    public init(
        keep: Keep, schedule: Schedule, zone: TimeZone, from start: Instant, through end: Instant, pauses: [Range<Instant>] = []
    ) {
        self.keep = keep
        self.schedule = schedule
        self.pauses = Simulation.merged(pauses)
        // A slot of a schedule may end long after the end; beyond the table the clock is taken to be moved no more.
        table = ZoneTable(zone, through: end.advanced(byMilliseconds: 32 * 86_400_000))
        let looksAtTime = keep.last != nil || keep.within != nil || !keep.periods.isEmpty || !keep.withinPeriods.isEmpty
        let isShort = Simulation.steps(schedule, from: start, through: end) <= Simulation.mostExact.steps
        isExact = !looksAtTime || !keep.withinPeriods.isEmpty && isShort
        let slot = schedule.slot(at: start, in: table)
        upcoming = slot == start ? start : Simulation.later(schedule.next(after: start, in: table), than: start)
    }

    /// How many slots there are in that time, about: not fewer than there really are.
    public static func steps(_ schedule: Schedule, from start: Instant, through end: Instant) -> Int {
        guard start <= end else { return 0 }
        return Int(Double(end.milliseconds - start.milliseconds) / Double(schedule.grid.shortest)) + 2
    }

    /// Goes on to that moment, and prunes.
    public mutating func advance(to moment: Instant) {
        while let due = upcoming, due <= moment {
            // What falls due in a pause is taken when it is over.
            let pause = pauses.first { $0.contains(due) }
            let at = pause?.upperBound ?? due
            guard at <= moment else { break }
            taken += 1
            candidates.append(Candidate(number: Int64(taken), takenAt: at, origin: .run))
            upcoming = Simulation.later(schedule.next(after: at, in: table), than: at)
            if candidates.count >= 2 * size + 64 || isExact && size <= Simulation.mostExact.size { prune() }
        }
        prune()
    }

    /// What is there after the last pruning, oldest first, with the verdicts.
    public func judged() -> [Judged] {
        let judgement = judgement
        return zip(candidates, judgement.verdicts).map { Judged(takenAt: $0.takenAt, verdict: $1) }
    }

    /// How many are there.
    public var count: Int { candidates.count }
    /// When the oldest one was taken.
    public var oldest: Instant? { candidates.first?.takenAt }
    /// When the newest one was taken.
    public var newest: Instant? { candidates.last?.takenAt }

    private var judgement: Judgement {
        judge(candidates, keep: keep, scope: .all, now: candidates.last?.takenAt ?? .earliest, table: table, safetyFor: nil)
    }

    private mutating func prune() {
        let judgement = judgement
        if !judgement.matchesNothing, judgement.removals > 0 {
            candidates = zip(candidates, judgement.verdicts).filter { !$1.isRemoval }.map(\.0)
        }
        size = candidates.count
    }

    private static func later(_ instant: Instant, than other: Instant) -> Instant? { instant > other ? instant : nil }

    /// Those that touch are one: a machine that is off again when it should come on has not come on.
    private static func merged(_ pauses: [Range<Instant>]) -> [Range<Instant>] {
        pauses.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, pause in
            if let last = merged.last, pause.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, pause.upperBound)
            } else {
                merged.append(pause)
            }
        }
    }
}

/// A snapshot as a picture or a forecast has it: when, and what becomes of it.
public struct Judged: Sendable, Hashable {
    /// When it was taken.
    public let takenAt: Instant
    /// What becomes of it.
    public let verdict: Verdict

    /// That one.
    public init(takenAt: Instant, verdict: Verdict) {
        self.takenAt = takenAt
        self.verdict = verdict
    }
}
