// What has changed, by the kernel's records of what the image's loop devices wrote. The rule: it stands only if every record is accounted for and
// nobody could have written by another way; whatever raises a doubt is told, and then the maps decide.

internal import SystemPackage

/// Records the writes to one image, from its making on.
final class TrackedWrites: ChangeFinder {
    private let image: ImageFile
    private let view: SystemView
    private let outside: OutsideWriters
    private let loops: [AttachedLoop: LoopStatus]
    private let processors: String
    let rings: DrainedRings
    /// Ends with this object.
    private let drainer: DrainingThread?

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
        self.rings = try DrainedRings(rings, shapedAs: shape)
        drainer = tuning.drainsInBackground ? self.rings.start() : nil
    }

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

    func collect(into changed: ChangedBlocks) throws(CloneError) { rings.drain(into: changed) }

    func prepare() throws(CloneError) {}

    func finish(into changed: ChangedBlocks, size: UInt64, while goOn: () -> Bool) -> FinderDoubt? {
        if let refusal = rings.settle(into: changed) { return .tracking(refusal) }
        return outside.haveWritten ? .tracking(.writtenBeside) : nil
    }

    /// What can be asked before the freeze: why what was recorded may not be all; nil if nothing is known against it.
    func doubt() -> TrackingRefusal? { rings.hasLost ? .recordsLost : doubtOfOthers() }

    /// What can be asked before the freeze and after it, when records that are lost do no harm any more: why somebody may have written without
    /// leaving a record; nil if nothing is known of it.
    func doubtOfOthers() -> TrackingRefusal? {
        if Self.processors(view) != processors { return .processorsChanged }
        if Self.loops(of: image, view) != loops || Self.attached(to: image, view).count != loops.count { return .loopDevicesChanged }
        return outside.found()
    }
}
