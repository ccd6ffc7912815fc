// Ring buffers that are emptied all the time, so that a long write-out does not fill them. The rule: the thread that empties them holds these and
// nothing else, so that whoever records writes can end, and ends the thread with it.

internal import Glibc
internal import Synchronization

/// The rings and what came out of them, for the thread and its owner.
final class DrainedRings: Sendable {
    private struct State: ~Copyable {
        let rings: WriteRings
        let incoming: ChangedBlocks
    }

    private let state: Mutex<State>
    private let isEnding = Atomic<Bool>(false)
    /// Between two looks (microseconds).
    private static let interval: UInt32 = 3000

    init(_ rings: sending WriteRings, shapedAs shape: ChangedBlocks) throws(TrackingRefusal) {
        let incoming: ChangedBlocks
        do { incoming = try ChangedBlocks(shapedAs: shape) } catch { throw .failed(error) }
        state = Mutex(State(rings: rings, incoming: incoming))
    }

    /// Marks what has come since the last time.
    func drain(into changed: ChangedBlocks) {
        state.withLock { state in
            state.rings.drain(into: state.incoming)
            changed.formUnion(state.incoming)
            state.incoming.removeAll()
        }
    }

    /// Marks all the rest, and says why that may not be all; nil if it is. Takes no memory.
    func settle(into changed: ChangedBlocks) -> TrackingRefusal? {
        state.withLock { state in
            let refusal = state.rings.settle(into: state.incoming)
            changed.formUnion(state.incoming)
            state.incoming.removeAll()
            return refusal
        }
    }

    /// Whether a record is missing of what happened until now.
    var hasLost: Bool { state.withLock { $0.rings.hasLost(into: $0.incoming) } }

    /// Begins to empty them in the background. nil: there is no thread to be had, and they are emptied when somebody asks.
    func start() -> DrainingThread? { DrainingThread(self) }

    fileprivate func drainUntilEnd() {
        while !isEnding.load(ordering: .relaxed) {
            state.withLock { $0.rings.drain(into: $0.incoming) }
            usleep(Self.interval)
        }
    }

    fileprivate func end() { isEnding.store(true, ordering: .relaxed) }
}

/// The thread that empties rings, for as long as this lives.
final class DrainingThread: @unchecked Sendable {
    private let rings: DrainedRings
    private let thread: pthread_t

    fileprivate init?(_ rings: DrainedRings) {
        self.rings = rings
        // The thread's own reference, which it gives back at its end.
        let context = Unmanaged.passRetained(rings)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<DrainedRings>.fromOpaque(context).takeRetainedValue().drainUntilEnd()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            return nil
        }
        self.thread = thread
    }

    deinit {
        rings.end()
        pthread_join(thread, nil)
    }
}
