// How long what failed is left alone, so that an application whose hooks stop and start it is not stopped every few minutes. The rule: pure; twice as
// long after each failure, up to an hour, but a new slot of the schedule is always tried at once. So what always fails is tried no less often
// than it is due, and what is due often no more often than if all were well.

import Foundation
import Policy
public import Snapshots

extension TakeFailures {
    /// From the last of them to the next try, in milliseconds: 5, 10, 20, 40, 60, 60, ... minutes.
    var wait: Int64 {
        let minute: Int64 = 60_000
        let doublings = min(max(count, 1) - 1, 4)
        return min(5 * minute << doublings, 60 * minute)
    }
}

extension DueState {
    /// The same after failures: what is due waits, until its time or the next slot has come. A failure of an earlier slot, or of the future, by
    /// a clock that was wrong, puts nothing off.
    func putOff(by failures: TakeFailures?, of schedule: Schedule, now: Instant, in zone: TimeZone) -> DueState {
        guard isDue, let failures, failures.last <= now, failures.last >= schedule.slot(at: now, in: zone) else { return self }
        let end = failures.last.advanced(byMilliseconds: failures.wait)
        return now < end ? .waiting(until: min(end, schedule.next(after: now, in: zone))) : self
    }
}

extension TakeFailures {
    /// "failed once", "failed 3 times".
    public var words: String {
        switch count {
        case ...1: "failed once"
        case Self.most...: "failed \(Self.most) times or more"
        default: "failed \(count) times"
        }
    }
}
