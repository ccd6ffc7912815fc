// What has changed, by the extent maps of image and clone. The rule: after a clone both show the same places on disk, and what is written since
// goes to a new one; whatever the maps don't prove to be the same is taken as changed.

internal import SystemPackage

/// Compares the image's map of now with the clone's.
final class ComparedMaps: ChangeFinder, @unchecked Sendable {
    private let image: OpenFile
    private let clone: OpenFile
    private let kernel: Kernel
    private let buffer: ExtentBuffer
    private var known: [Extent] = []
    /// The time that reading one extent of the image took, in nanoseconds, and how many there are; from the last comparison.
    private(set) var scanCost: UInt64 = 0
    private(set) var extents = 0

    /// Extents in a call while the image is in use: a few milliseconds.
    private static let smallBatch = 2048

    init(image: OpenFile, clone: OpenFile, kernel: Kernel) throws(CloneError) {
        self.image = image
        self.clone = clone
        self.kernel = kernel
        guard let buffer = ExtentBuffer(room: 16384) else { throw .system(.extents, path: image.path, .noMemory) }
        self.buffer = buffer
    }

    func collect(into changed: ChangedBlocks) throws(CloneError) {
        try prepare()
        let size = try image.status().size
        let began = kernel.bootTime()
        var paused: UInt64 = 0
        do {
            try compare(into: changed, size: size, batch: Self.smallBatch) { took in
                // Whoever writes to the image waits for each call.
                kernel.pause(took)
                paused += took
                return true
            }
        } catch {
            throw CloneError(error, .extents, image.path)
        }
        scanCost = (kernel.bootTime() - began - min(paused, kernel.bootTime() - began)) / UInt64(max(extents, 1))
    }

    func prepare() throws(CloneError) {
        known.removeAll(keepingCapacity: true)
        try readClone { known.append($0) }
    }

    /// Whether blocks of the clone lie elsewhere now than `prepare` saw them, but for what was cloned again since. A balance of btrfs moves the
    /// blocks of files; a place that was compared may have been another's by then. For after the thaw.
    func cloneHasMoved(besides cloned: ChangedBlocks) throws(CloneError) -> Bool {
        let moved = try calling(.extents, clone.path) { () throws(Errno) in try ChangedBlocks(shapedAs: cloned) }
        // What has no place was not compared, but cloned again.
        var walk = MapWalk(known: known, changed: moved, size: cloned.coveredBytes, onlyProven: true)
        try readClone { walk.step($0) }
        walk.end()
        return moved.firstMissing(in: cloned) != nil
    }

    private func readClone(_ use: (Extent) -> Void) throws(CloneError) {
        var start: UInt64 = 0
        while true {
            let count: Int
            do {
                count = try kernel.readExtents(clone.descriptor, buffer, start, buffer.room, start == 0)
            } catch {
                throw CloneError(error, .extents, clone.path)
            }
            guard count > 0 else { break }
            for index in 0..<count { use(buffer[index]) }
            let last = buffer[count - 1]
            if last.flags.contains(.last) || last.end <= start { break }
            start = last.end
        }
    }

    func finish(into changed: ChangedBlocks, size: UInt64, while goOn: () -> Bool) -> FinderDoubt? {
        do {
            return try compare(into: changed, size: size, batch: buffer.room) { _ in goOn() } ? nil : .stopped
        } catch {
            // Nothing is known: all of it is cloned again.
            changed.insert(from: 0, to: size)
            return nil
        }
    }

    /// The same as `finish`, but only what is certain to have changed: to check another finder. An image that can't be read shows nothing.
    func finishProven(into changed: ChangedBlocks, size: UInt64) {
        _ = try? compare(into: changed, size: size, batch: buffer.room, onlyProven: true) { _ in true }
    }

    /// Takes no memory. `between` gets the time that a call took; false: it wants no more.
    @discardableResult
    private func compare(
        into changed: ChangedBlocks, size: UInt64, batch: Int, onlyProven: Bool = false, between: (UInt64) -> Bool
    ) throws(Errno) -> Bool {
        var walk = MapWalk(known: known, changed: changed, size: size, onlyProven: onlyProven)
        var start: UInt64 = 0
        extents = 0
        while start < size {
            let began = kernel.bootTime()
            let count = try kernel.readExtents(image.descriptor, buffer, start, batch, start == 0)
            guard count > 0 else { break }
            extents += count
            for index in 0..<count { walk.step(buffer[index]) }
            let last = buffer[count - 1]
            if last.flags.contains(.last) || last.end <= start { break }
            start = last.end
            guard between(kernel.bootTime() - began) else { return false }
        }
        walk.end()
        return true
    }
}

/// Goes through a file in step with a map that is known, and marks what differs.
struct MapWalk {
    let known: [Extent]
    let changed: ChangedBlocks
    let size: UInt64
    /// Whether only what is certain to differ is marked.
    let onlyProven: Bool
    private var index = 0
    private var position: UInt64 = 0

    init(known: [Extent], changed: ChangedBlocks, size: UInt64, onlyProven: Bool = false) {
        self.known = known
        self.changed = changed
        self.size = size
        self.onlyProven = onlyProven
    }

    /// The next extent of the file; extents come in the file's order.
    mutating func step(_ extent: Extent) {
        advance(to: min(extent.logical, size)) { _ in .zeros }
        advance(to: min(extent.end, size)) { Self.content(of: extent, at: $0) }
    }

    /// There are no more.
    mutating func end() { advance(to: size) { _ in .zeros } }

    private enum Content {
        case zeros
        case placed(UInt64)
        case unknown
    }

    private static func content(of extent: Extent, at position: UInt64) -> Content {
        guard extent.isPlaced else { return .unknown }
        if extent.flags.contains(.unwritten) { return .zeros }
        let (place, overflow) = extent.physical.addingReportingOverflow(position - extent.logical)
        return overflow ? .unknown : .placed(place)
    }

    private mutating func advance(to end: UInt64, _ content: (UInt64) -> Content) {
        while position < end {
            while index < known.count, known[index].end <= position { index += 1 }
            var other = Content.zeros
            var next = end
            if index < known.count {
                let extent = known[index]
                if extent.logical > position {
                    next = min(next, extent.logical)
                } else {
                    next = min(next, extent.end)
                    other = Self.content(of: extent, at: position)
                }
            }
            if differs(content(position), other) { changed.insert(from: position, to: next) }
            position = next
        }
    }

    private func differs(_ left: Content, _ right: Content) -> Bool {
        switch (left, right) {
        case (.zeros, .zeros): false
        case (.placed(let left), .placed(let right)): left != right
        case (.unknown, _), (_, .unknown): !onlyProven
        default: true
        }
    }
}
