// The slots of a schedule: from each slot's start to the next one's, a source is due once. The rule: every instant lies in exactly one
// slot, and the starts depend on the calendar and the zone alone, never on when somebody asked or what was taken before.

public import FoundationEssentials

extension Schedule {
    /// The start of the slot that `instant` lies in: the latest start that is not after it.
    public func slot(at instant: Instant, in zone: TimeZone) -> Instant {
        slot(at: instant, in: table(around: instant, zone))
    }

    /// The first start of a slot after `instant`; `Instant.latest` if there is none before the year 10000.
    public func next(after instant: Instant, in zone: TimeZone) -> Instant {
        next(after: instant, in: table(around: instant, zone))
    }

    /// The table must reach three days and a slot in both directions.
    func slot(at instant: Instant, in table: ZoneTable) -> Instant { grid.start(atOrBefore: instant, in: table) }

    /// The table must reach three days and a slot in both directions.
    func next(after instant: Instant, in table: ZoneTable) -> Instant { grid.start(after: instant, in: table) }

    /// Where its slots start.
    var grid: Grid {
        switch kind {
        case .every(let duration) where duration.monthLength > 0: .months(duration.monthLength)
        case .every(let duration): .clock(duration.clockLength)
        case .daily(let times): .times(times.map(\.milliseconds))
        }
    }

    /// The moves of the clock that can matter for the slots beside an instant: what came more than a day or so before a slot does not, for
    /// no clock was ever put back by more.
    private func table(around instant: Instant, _ zone: TimeZone) -> ZoneTable {
        let span = grid.longest + 3 * 86_400_000
        return ZoneTable(zone, from: instant.advanced(byMilliseconds: -span), through: instant.advanced(byMilliseconds: span))
    }
}
