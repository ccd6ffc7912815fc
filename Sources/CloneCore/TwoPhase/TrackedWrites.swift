// What has changed, by the kernel's records of what the image's loop devices wrote. The rule: it stands only if every record is accounted for and
// nobody could have written by another way; whatever raises a doubt is told, and then the maps decide.

internal import Glibc
internal import Synchronization
internal import SystemPackage

/// Records the writes to one image, from its making on.
final class TrackedWrites: ChangeFinder, @unchecked Sendable {
    private struct State: ~Copyable {
        let rings: WriteRings
        let incoming: ChangedBlocks
    }

    private let image: ImageFile
    private let view: SystemView
    private let outside: OutsideWriters
    private let loops: [AttachedLoop: LoopStatus]
    private let processors: String
    private let state: Mutex<State>
    private let isEnding = Atomic<Bool>(false)
    private var drainer: pthread_t?

    /// Begins to record.
    init(of image: ImageFile, shapedAs shape: ChangedBlocks, view: SystemView, tuning: TwoPhaseTuning) throws(TrackingRefusal) {
        if let refusal = tuning.refusal { throw refusal }
        self.image = image
        self.view = view
        // Before the loop devices are looked at: one that is attached later writes in a way that is noticed.
        outside = try OutsideWriters(of: image, view: view)
        let loops = Self.loops(of: image, view)
        self.loops = loops
        var devices: [TrackedDevice] = []
        for (loop, status) in loops where !loop.isReadOnly {
            guard let number = view.read("/sys/block/\(loop.name)/dev").flatMap({ DeviceNumber($0) }) else { throw .noLoopDevice }
            devices.append(TrackedDevice(number: number.major << 20 | number.minor, offset: status.offset))
        }
        if devices.isEmpty || loops.count != Self.attached(to: image, view).count { throw .noLoopDevice }
        guard let processors = Self.processors(view), let numbers = processorNumbers(processors) else { throw .processorsChanged }
        self.processors = processors
        let rings = try WriteRings(devices: devices, processors: numbers, ringBytes: tuning.ringBytes)
        state = Mutex(State(rings: rings, incoming: ChangedBlocks(shapedAs: shape)))
        if tuning.drainsInBackground { startDrainer() }
    }

    deinit { stopDrainer() }

    private static func attached(to image: ImageFile, _ view: SystemView) -> [AttachedLoop] {
        view.loopDevices().filter { $0.identity == image.identity }
    }

    private static func loops(of image: ImageFile, _ view: SystemView) -> [AttachedLoop: LoopStatus] {
        var found: [AttachedLoop: LoopStatus] = [:]
        for loop in attached(to: image, view) {
            guard case .attached(let status) = view.loopStatus(loop.name), status.identity == image.identity else { continue }
            found[loop] = status
        }
        return found
    }

    private static func processors(_ view: SystemView) -> String? { view.read("/sys/devices/system/cpu/online") }

    func collect(into changed: ChangedBlocks) throws(CloneError) { drain(into: changed) }

    func prepare() throws(CloneError) {}

    private func drain(into changed: ChangedBlocks) {
        state.withLock { state in
            state.rings.drain(into: state.incoming)
            changed.formUnion(state.incoming)
            state.incoming.removeAll()
        }
    }

    func finish(into changed: ChangedBlocks, size: UInt64, while goOn: () -> Bool) -> FinderDoubt? {
        let refusal = state.withLock { state in
            let refusal = state.rings.settle(into: state.incoming)
            changed.formUnion(state.incoming)
            state.incoming.removeAll()
            return refusal
        }
        if let refusal { return .tracking(refusal) }
        return outside.haveWritten ? .tracking(.writtenBeside) : nil
    }

    /// What can be asked with nothing frozen, before the freeze and after it: why what was recorded may not be all; nil if nothing is known
    /// against it.
    func doubt() -> TrackingRefusal? {
        if state.withLock({ $0.rings.hasLost(into: $0.incoming) }) { return .recordsLost }
        if Self.processors(view) != processors { return .processorsChanged }
        if Self.loops(of: image, view) != loops || Self.attached(to: image, view).count != loops.count { return .loopDevicesChanged }
        return outside.found()
    }

    // MARK: Draining all the time, so that a long write-out does not fill the rings

    private func startDrainer() {
        let owner = Unmanaged.passUnretained(self)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<TrackedWrites>.fromOpaque(context).takeUnretainedValue().drainUntilEnd()
                return nil
            }, owner.toOpaque())
        if result == 0 { drainer = thread }
    }

    private func drainUntilEnd() {
        while !isEnding.load(ordering: .relaxed) {
            state.withLock { $0.rings.drain(into: $0.incoming) }
            usleep(3000)
        }
    }

    private func stopDrainer() {
        guard let drainer else { return }
        isEnding.store(true, ordering: .relaxed)
        pthread_join(drainer, nil)
        self.drainer = nil
    }
}
