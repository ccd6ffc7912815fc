// What is due. The rule: pure, and aligned to the calendar: in each slot of the schedule once, whenever in it; a pause of many slots makes one
// snapshot due, not many.

public import Foundation
public import Policy

/// Whether something is to be done now.
public enum DueState: Sendable, Hashable {
    /// It is, for this reason.
    case due(DueReason)
    /// Not before that instant.
    case notDue(next: Instant)
    /// It is, but it has failed, and is not tried again before that instant.
    case waiting(until: Instant)

    /// Whether it is to be done now.
    public var isDue: Bool {
        if case .due = self { true } else { false }
    }

    /// Of several that are done at once: due as soon as one is, else when the first one will be. Nil without any.
    init?(of states: [DueState]) {
        if let due = states.first(where: \.isDue) {
            self = due
            return
        }
        var isWaiting = false
        let instants = states.compactMap { state -> Instant? in
            switch state {
            case .due: return nil
            case .notDue(let next): return next
            case .waiting(let end):
                isWaiting = true
                return end
            }
        }
        guard let first = instants.min() else { return nil }
        self = isWaiting ? .waiting(until: first) : .notDue(next: first)
    }
}

/// Why something is due.
public enum DueReason: Sendable, Hashable {
    /// It was never done.
    case never
    /// Nothing was done since this slot began.
    case slot(since: Instant)
    /// What was done last lies in the future, so the clock was set back: it is tried, that somebody hears of it.
    case clockBehind(last: Instant)
}

extension Schedule {
    /// Whether something is due that was last done at `last`; nil for never.
    public func state(last: Instant?, now: Instant, in zone: TimeZone) -> DueState {
        guard let last else { return .due(.never) }
        if last > now.advanced(byMilliseconds: clockTolerance) { return .due(.clockBehind(last: last)) }
        let start = slot(at: now, in: zone)
        return last < start ? .due(.slot(since: start)) : .notDue(next: next(after: now, in: zone))
    }
}
