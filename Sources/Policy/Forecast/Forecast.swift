// What a schedule and rules lead to once they have been at work for long: how many snapshots, and which. By simulation up to now, so that
// it is also how a source would look that had always been taken on time.

public import FoundationEssentials

/// The set of snapshots that rules and a schedule settle at.
public struct Forecast: Sendable, Hashable {
    /// When the simulation begins and ends.
    public let span: Range<Instant>
    /// The fewest snapshots there are after a pruning, once all rules are filled.
    public let fewest: Int
    /// The most.
    public let most: Int
    /// It goes on growing: a rule has no end, or filling the rules takes longer than can be simulated.
    public let isGrowing: Bool
    /// What there is at the end, oldest first.
    public let judged: [Judged]

    /// How many snapshots are looked at for `fewest` and `most`, at most.
    private static let samples = 4_000
    /// How long rules without an end are watched, in milliseconds: ten years.
    private static let decade = 3652.5 * Self.day
    private static let day = 86_400_000.0

    /// - Parameters:
    ///   - keep: the rules.
    ///   - schedule: when a snapshot is due.
    ///   - zone: whose calendar is meant.
    ///   - now: when the simulation ends.
    public init(keep: Keep, schedule: Schedule, zone: TimeZone, now: Instant) {
        let slot = Double(schedule.grid.longest)
        let hasEnd = keep.hasEnd
        var filling = keep.fillingTime(slot)
        if !hasEnd { filling = max(filling, Self.decade) }
        // Numbers go up and down with the calendar, so they are watched for a year, or some slots if they are longer.
        let watching = hasEnd ? max(366 * Self.day, 3 * slot) : 0
        let affordable = Double(Simulation.mostSteps) * Double(schedule.grid.shortest)
        let isCut = filling + watching > affordable
        let wanted = isCut ? affordable : filling + watching
        // The year 0 is the end of it.
        let start = now.advanced(byMilliseconds: -Int64(min(wanted, 3.2e14)))
        var simulation = Simulation(keep: keep, schedule: schedule, zone: zone, from: start, through: now)
        let isGrowing = isCut || !hasEnd
        var fewest = Int.max
        var most = 0
        if !isGrowing {
            let watched = Int64(watching)
            let stride = max(schedule.grid.shortest, watched / Int64(Self.samples))
            var moment = now.advanced(byMilliseconds: -watched)
            while moment < now {
                simulation.advance(to: moment)
                fewest = min(fewest, simulation.count)
                most = max(most, simulation.count)
                moment = moment.advanced(byMilliseconds: stride)
            }
        }
        simulation.advance(to: now)
        self.isGrowing = isGrowing
        span = start..<now
        self.fewest = min(fewest, simulation.count)
        self.most = max(most, simulation.count)
        judged = simulation.judged()
    }
}

extension Keep {
    /// Whether the number of snapshots has a bound, as far as it is for these rules to say.
    fileprivate var hasEnd: Bool { !isEmpty && last != .all && !periods.values.contains(.all) }

    /// How long it takes until every rule has all it can have, at most, in milliseconds.
    fileprivate func fillingTime(_ slot: Double) -> Double {
        var times: [Double] = [0]
        func add(_ limit: Limit?, _ length: Double) {
            if case .count(let count)? = limit { times.append(Double(max(count, 1) + 1) * max(length, slot)) }
        }
        add(last, slot)
        for (period, limit) in periods { add(limit, period.longest) }
        for duration in withinPeriods.values { times.append(duration.longest + slot) }
        if let within { times.append(within.longest + slot) }
        return times.reduce(0, max)
    }
}

extension Period {
    /// The longest that one can be, in milliseconds.
    fileprivate var longest: Double {
        let hour = 3_600_000.0
        switch self {
        case .hourly: return hour
        case .daily: return 25 * hour
        case .weekly: return 7.1 * 24 * hour
        case .monthly: return 31.1 * 24 * hour
        case .quarterly: return 92.1 * 24 * hour
        case .yearly: return 366.1 * 24 * hour
        }
    }
}

extension CalendarDuration {
    /// The longest that it can be, in milliseconds.
    fileprivate var longest: Double { Double(clockLength) + Double(monthLength) * 31.1 * 86_400_000 }
}
