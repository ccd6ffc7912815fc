// A clock of a test's own.

import Synchronization

/// Goes on by a step each time it is looked at, and by what it is told.
final class TestClock: Sendable {
    private let time = Mutex<UInt64>(0)
    private let step: UInt64

    /// - Parameter step: in nanoseconds.
    init(step: UInt64 = 0) { self.step = step }

    func next() -> UInt64 {
        time.withLock {
            $0 += step
            return $0
        }
    }

    func advance(_ nanoseconds: UInt64) { time.withLock { $0 += nanoseconds } }
}
