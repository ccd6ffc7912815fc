// How far a zone's clocks are ahead of UTC, remembered from row to row. Asking the zone takes longer than printing the time, and a list asks
// for each of its rows. The rule: what is remembered holds from one change of the clocks to the next, and never beyond.

import Foundation
import Policy
import Snapshots
import Synchronization

/// The offsets of one zone.
final class ZoneOffsets: Sendable {
    /// From `start` up to `end` it is `seconds`.
    private struct Stretch {
        var start: Date
        var end: Date
        var seconds: Int
    }

    private let zone: TimeZone
    private let last = Mutex(Stretch(start: .distantFuture, end: .distantPast, seconds: 0))
    /// How far back the last change is looked for. Lists go by time, forth or back, so that one look serves many rows.
    private static let reach: TimeInterval = 90 * 86_400

    init(_ zone: TimeZone) {
        self.zone = zone
    }

    /// The seconds at that instant.
    func seconds(at instant: Instant) -> Int {
        let date = instant.date
        return last.withLock { stretch in
            if date < stretch.start || date >= stretch.end { stretch = find(date) }
            return stretch.seconds
        }
    }

    private func find(_ date: Date) -> Stretch {
        let seconds = zone.secondsFromGMT(for: date)
        var start = date.addingTimeInterval(-Self.reach)
        while let next = zone.nextDaylightSavingTimeTransition(after: start) {
            if next > date { return Stretch(start: start, end: next, seconds: seconds) }
            // A zone that gave the same change again would keep us here for ever.
            if next <= start { return Stretch(start: date, end: date, seconds: seconds) }
            start = next
        }
        return Stretch(start: start, end: .distantFuture, seconds: seconds)
    }
}
