// What is found left frozen after a command's first look, while it waits for a lock or when it has it.

import CloneCore
import Synchronization

/// Collects it until warnings are told.
final class ThawedMeanwhile: Sendable {
    private let found = Mutex<[LeftFrozen]>([])

    /// Takes note of one.
    func add(_ item: LeftFrozen) { found.withLock { $0.append(item) } }

    /// All so far, which are thereby told.
    func take() -> [LeftFrozen] {
        found.withLock { found in
            defer { found = [] }
            return found
        }
    }
}
