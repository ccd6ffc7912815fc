// How long a call took, and how much of that it only waited for its turn. The rule: waiting for a lock is told from work by its sleeps, which are few
// and long: whatever a clone call does for itself it does on a processor, or waits for a disk many times and shortly.

/// The time of one call.
struct CallTime {
    /// From beginning to end (nanoseconds).
    var wall: UInt64
    /// What of that was spent waiting for somebody else's call on the same file (nanoseconds).
    var waited: UInt64 = 0

    /// How long it may have kept others waiting itself.
    var held: UInt64 { wall - waited }

    /// Sleeps that take this long on average are no disk's (nanoseconds).
    static let longSleep: UInt64 = 16_000_000
}

/// Measures a call. Takes no memory.
struct CallTimer {
    private let began: UInt64
    private let usage: ThreadUsage

    /// Begins now.
    init(_ kernel: borrowing Kernel) {
        usage = kernel.threadUsage()
        began = kernel.bootTime()
    }

    /// The time since it began.
    func time(_ kernel: borrowing Kernel) -> CallTime {
        let wall = kernel.bootTime() - began
        let now = kernel.threadUsage()
        let (running, sleeps) = (now.running - usage.running, now.sleeps - usage.sleeps)
        guard sleeps > 0, wall > running, (wall - running) / sleeps >= CallTime.longSleep else { return CallTime(wall: wall) }
        return CallTime(wall: wall, waited: wall - running)
    }
}
