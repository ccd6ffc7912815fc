// Somebody who exchanges two names without a pause, beside what is tested.

import CloneCore
import Foundation
import Synchronization
package import SystemPackage

/// Two names that change places until this is stopped.
package final class Flipping: Sendable {
    private let isStopped = Atomic(false)
    private let rounds = Atomic(0)

    /// Begins.
    package init(_ first: FilePath, _ second: FilePath) {
        Thread.detachNewThread { [self] in
            while !isStopped.load(ordering: .relaxed) {
                let exchanged: Void? = try? Kernel.linux.rename(workingDirectory, first.string, workingDirectory, second.string, .exchange)
                if exchanged != nil { rounds.add(1, ordering: .relaxed) }
            }
        }
    }

    /// Stops; says how often they changed places.
    @discardableResult
    package func stop() -> Int {
        isStopped.store(true, ordering: .relaxed)
        return rounds.load(ordering: .relaxed)
    }
}
