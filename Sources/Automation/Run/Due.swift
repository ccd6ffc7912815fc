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

    /// Whether it is.
    public var isDue: Bool {
        if case .due = self { true } else { false }
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
