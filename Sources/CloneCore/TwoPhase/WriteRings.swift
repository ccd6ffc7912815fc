// The kernel's records of what some loop devices wrote, one ring buffer a processor. The rule: every record is accounted for. The kernel says of a
// full ring that something was lost only when it has room for a record again, so what came out is compared with the kernel's own count.

internal import CLinux
internal import Glibc
internal import SystemPackage

/// A loop device whose writes are recorded.
struct TrackedDevice: Sendable, Hashable {
    /// The kernel's encoding in records: major << 20 | minor.
    var number: UInt32
    /// Where in the image it begins, in bytes.
    var offset: UInt64
}

/// Open ring buffers that are being written. For one thread at a time.
final class WriteRings: @unchecked Sendable {
    private let devices: [TrackedDevice]
    private let rings: UnsafeMutableBufferPointer<clinux_ring>
    private let events: UnsafeMutableBufferPointer<CInt>  // two for each ring
    private let records: UnsafeMutableBufferPointer<clinux_trace_write>
    private var opened = 0
    private var openedEvents = 0
    private var enabledAt: UInt64 = 0
    private static let kinds = Int(CLINUX_TRACE_KINDS)

    /// All rings together, if nobody says how large one is.
    private static let memory = 32 << 20
    /// A processor that was gone for less than this is not told from one that was busy (nanoseconds).
    private static let patience: UInt64 = 50_000_000

    /// Opens and enables them.
    init(devices: [TrackedDevice], processors: [Int], ringBytes: Int?) throws(TrackingRefusal) {
        let tracepoints = try BlockTracepoints()
        self.devices = devices
        do {
            rings = try .unforked(processors.count)
            records = try .unforked(512)
        } catch {
            throw .failed(error)
        }
        events = .allocate(capacity: processors.count * Self.kinds)
        events.initialize(repeating: -1)
        var bytes = ringBytes ?? (256 << 10)
        if ringBytes == nil { while bytes < 8 << 20, bytes * 2 * processors.count <= Self.memory { bytes *= 2 } }
        let filter = devices.map { "dev == \($0.number)" }.joined(separator: " || ")
        for processor in processors { try open(processor, tracepoints, filter, bytes) }
        for event in events { try Self.check(clinux_event_enable(event)) }
        enabledAt = monotonicTime()
    }

    deinit {
        for ring in rings.indices { clinux_ring_unmap(&rings[ring]) }
        for event in events where event >= 0 { close(event) }
        rings.freeUnforked()
        events.deallocate()
        records.freeUnforked()
    }

    private func open(_ processor: Int, _ tracepoints: BlockTracepoints, _ filter: String, _ bytes: Int) throws(TrackingRefusal) {
        let first = openedEvents
        for (kind, layout) in tracepoints.layouts.enumerated() {
            let event = clinux_event_open(UInt64(layout.id), CInt(processor))
            try Self.check(event)
            events[openedEvents] = event
            openedEvents += 1
            // Reads are left out by the kernel; one that can't do that leaves it to us.
            if clinux_event_filter(event, "(\(filter)) && !(rwbs ~ \"R*\")") != 0 { try Self.check(clinux_event_filter(event, filter)) }
            withUnsafeMutableBytes(of: &rings[opened].layouts) { bytes in
                bytes.bindMemory(to: clinux_trace_layout.self)[kind] = layout
            }
            if kind == 0 {
                try Self.check(clinux_ring_map(&rings[opened], event, bytes))
            } else {
                try Self.check(clinux_ring_share(event, events[first]))
            }
        }
        opened += 1
    }

    private static func check(_ result: CInt) throws(TrackingRefusal) {
        guard result < 0 else { return }
        throw result == -EACCES || result == -EPERM ? .notPermitted : .failed(Errno(rawValue: -result))
    }

    /// Marks what the records say. Takes no memory.
    func drain(into changed: ChangedBlocks) {
        for ring in rings.indices {
            while true {
                let count = Int(clinux_ring_drain(&rings[ring], records.baseAddress, CInt(records.count)))
                for index in 0..<count {
                    let record = records[index]
                    let start = record.sector &* 512
                    let end = start &+ UInt64(record.sectors) &* 512
                    for device in devices where device.number == record.device {
                        changed.insert(from: device.offset &+ start, to: device.offset &+ end)
                    }
                }
                if count < records.count { break }
            }
        }
    }

    /// Drains, and says why what was recorded may not be all; nil if it is. Takes no memory.
    func settle(into changed: ChangedBlocks) -> TrackingRefusal? {
        // Requests that come between the two looks (there are none on a frozen filesystem) make the counts differ: look again.
        for _ in 0..<5 {
            drain(into: changed)
            if let isComplete = account() { return isComplete ? nil : .recordsLost }
        }
        return .recordsLost
    }

    /// Whether a record is missing of what happened until now. Others may come in meanwhile, so the counts are taken first: what was counted
    /// then has its record when the ring is read afterwards.
    func hasLost(into changed: ChangedBlocks) -> Bool {
        var counts = [UInt64](repeating: 0, count: events.count)
        for index in events.indices {
            var count = clinux_event_count()
            guard clinux_event_read(events[index], &count) == 0 else { return true }
            counts[index] = count.occurrences
        }
        // An interrupt may have counted and not written yet.
        usleep(2000)
        drain(into: changed)
        return isBroken || events.indices.contains { seen($0) < counts[$0] }
    }

    private func seen(_ event: Int) -> UInt64 {
        withUnsafeBytes(of: &rings[event / Self.kinds].seen) { $0.load(fromByteOffset: event % Self.kinds * 8, as: UInt64.self) }
    }

    /// Whether the kernel told of records that were lost, or wrote what makes no sense.
    var isBroken: Bool { rings.contains { $0.lost > 0 || $0.senseless > 0 } }

    /// Whether every occurrence was seen; nil if some may be on their way.
    private func account() -> Bool? {
        var isBehind = false
        if isBroken { return false }
        for ring in rings.indices {
            for kind in 0..<Self.kinds {
                var count = clinux_event_count()
                guard clinux_event_read(events[ring * Self.kinds + kind], &count) == 0 else { return false }
                // Its clock stands still while its processor is gone.
                let elapsed = monotonicTime() - enabledAt
                guard count.running == count.enabled, count.enabled &+ Self.patience >= elapsed else { return false }
                if seen(ring * Self.kinds + kind) != count.occurrences { isBehind = true }
            }
        }
        return isBehind ? nil : true
    }
}

/// CLOCK_MONOTONIC_RAW in nanoseconds: like perf's own clock it is not slewed to keep time.
private func monotonicTime() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC_RAW, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// The numbers in a list of processors as sysfs writes it: "0-3,6".
func processorNumbers(_ text: String) -> [Int]? {
    var numbers: [Int] = []
    for part in text.split(separator: ",") {
        let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first >= 0, first <= last, last < 1 << 16 else {
            return nil
        }
        numbers += Array(first...last)
    }
    return numbers.isEmpty ? nil : numbers
}
