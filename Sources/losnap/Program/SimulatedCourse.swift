// How a simulation went, at the moments that people ask about: after a day, a week, a month, ..., and around each pause.

import Foundation
import Policy

struct SimulatedCourse {
    /// Why a moment is looked at.
    enum Occasion: Equatable {
        /// So long after the beginning.
        case after(CalendarDuration)
        /// When a pause begins, just before it ends, and a day after it.
        case pauseBegins, pauseEnds, dayAfterPause
    }

    /// What there is at a moment.
    struct Moment {
        let occasion: Occasion
        let at: Instant
        let taken: Int
        let count: Int
        let oldest: Instant?
        let newest: Instant?
    }

    let start: Instant
    let end: Instant
    /// In the order of time; the last one is the end.
    private(set) var moments: [Moment] = []
    /// What there is at the end, oldest first.
    let judged: [Judged]

    init(
        keep: Keep, schedule: Schedule, zone: TimeZone, start: Instant, length: CalendarDuration, end: Instant, pauses: [Range<Instant>]
    ) {
        self.start = start
        self.end = end
        let milestones = ["1d", "1w", "1mo", "3mo", "6mo", "1y", "2y", "3y", "5y", "10y", "20y", "50y", "100y", "200y", "500y", "1000y"]
        // What is taken when a pause ends comes after it: what there is then is what was there just before.
        var occasions: [(occasion: Occasion, at: Instant, seen: Instant)] = []
        func add(_ occasion: Occasion, _ at: Instant) {
            occasions.append((occasion, at, occasion == .pauseEnds ? at.advanced(byMilliseconds: -1) : at))
        }
        for duration in milestones.compactMap({ try? CalendarDuration(parsing: $0, bareM: .refused) }) {
            add(.after(duration), duration.add(to: start, in: zone))
        }
        for pause in pauses {
            add(.pauseBegins, pause.lowerBound)
            add(.pauseEnds, pause.upperBound)
            add(.dayAfterPause, pause.upperBound.advanced(byMilliseconds: 86_400_000))
        }
        occasions = occasions.filter { $0.at < end }.sorted { $0.seen < $1.seen }
        add(.after(length), end)
        var simulation = Simulation(keep: keep, schedule: schedule, zone: zone, from: start, through: end, pauses: pauses)
        for (occasion, at, seen) in occasions {
            simulation.advance(to: seen)
            moments.append(
                Moment(
                    occasion: occasion, at: at, taken: simulation.taken, count: simulation.count, oldest: simulation.oldest,
                    newest: simulation.newest))
        }
        judged = simulation.judged()
    }
}
