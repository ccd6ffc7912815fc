// Threads for tests that wait: for programs, mounts, the disk. By default tests run on as many threads as there are cores, and two that wait
// keep all others waiting though the machine has nothing to do. The rule: a suite that blocks says `.blocking`; the rest stays where it is.

import Foundation
import Synchronization
package import Testing

extension Trait where Self == BlockingTrait {
    /// For suites whose tests wait for something outside their own process.
    package static var blocking: Self { BlockingTrait() }
}

/// Runs each test of a suite on one of the threads for those that block.
package struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) { try await function() }
    }
}

/// A few threads that take one job after the other, in the order in which they come.
private final class BlockingThreads: TaskExecutor {
    static let shared = BlockingThreads(count: 2 * ProcessInfo.processInfo.activeProcessorCount)

    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    private init(count: Int) {
        for _ in 0..<count {
            let thread = Thread { [self] in
                while true {
                    waiting.wait()
                    jobs.withLock { $0.removeFirst() }.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
            thread.stackSize = 8 << 20  // that of a main thread
            thread.start()
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }
}
