// Threads that can be waited for.

import Foundation

/// A thread, until it has ended.
final class Joined: Sendable {
    private let ended = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Void) {
        let ended = ended
        let thread = Thread {
            body()
            ended.signal()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for its end; false: it goes on.
    @discardableResult
    func join(within seconds: Double = 1e6) -> Bool { ended.wait(timeout: .now() + seconds) == .success }
}
