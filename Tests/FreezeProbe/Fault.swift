// What is to happen at the n-th call of one kind: `CALL:N:VALUE`, counted from 1.

internal import Glibc
internal import Synchronization
internal import SystemPackage

final class Fault: Sendable {
    enum Effect: Sendable { case stall(seconds: Double), stallAfter(seconds: Double), fail(Errno), signal(CInt) }

    let call: String
    let number: Int
    let effect: Effect
    private let count = Atomic(0)

    init?(_ option: String, _ text: String) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 3, let number = Int(parts[1]), let value = Double(parts[2]) else { return nil }
        call = parts[0]
        self.number = number
        switch option {
        case "--stall": effect = .stall(seconds: value)
        case "--stall-after": effect = .stallAfter(seconds: value)
        case "--fail": effect = .fail(Errno(rawValue: CInt(value)))
        default: effect = .signal(CInt(value))
        }
    }

    /// True at the call that it is for. Every call of its kind is to be counted.
    func isDue() -> Bool { count.add(1, ordering: .relaxed).newValue == number }
}

/// Sleeps through signals: only time ends it.
func stall(seconds: Double) {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let whole = Int(seconds)
    var end = timespec(tv_sec: now.tv_sec + whole, tv_nsec: now.tv_nsec + Int((seconds - Double(whole)) * 1e9))
    if end.tv_nsec >= 1_000_000_000 {
        end.tv_sec += 1
        end.tv_nsec -= 1_000_000_000
    }
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nil) == EINTR {}
}
