// Cloning a file that nobody writes: an image under a lease, a snapshot. The rules: in pieces, for whoever watches wants to know how far it has
// come, and no single call then keeps a signal waiting; the end is that of the file, to the byte; where there are no extent maps, in one call.

package import SystemPackage

extension NamelessClone {
    /// Makes it the whole of an open file. The file must not change meanwhile: the pieces would not be of one instant.
    ///
    /// - Parameters:
    ///   - limit: how long that may take.
    ///   - progress: is told how many bytes are cloned, and of how many.
    /// - Returns: how many extents the file has; nil if that can't be told.
    package func fill(
        from still: OpenFile, kernel: Kernel, limit: TimeLimit? = nil, progress: (@Sendable (UInt64, UInt64) -> Void)? = nil
    ) throws(Errno) -> Int? {
        let descriptor = still.descriptor
        guard let buffer = ExtentBuffer(room: RangeCloner.room, isTouched: false),
            (try? kernel.readExtents(descriptor, buffer, 0, 1, false)) != nil,
            let block = try? kernel.filesystemStatus(file.descriptor).blockBytes
        else {
            try kernel.clone(file.descriptor, descriptor)
            return nil
        }
        var cloner = RangeCloner(source: descriptor, destination: file.descriptor, kernel: kernel)
        cloner.progress = progress
        var cost = RangeCloner.Cost()
        let granule = block.nonzeroBitCount == 1 ? max(block, 4096) : 65536
        guard
            try cloner.cloneAll(
                granule: granule, buffer: buffer, cost: &cost, while: { !(DeferredSignals.isEnding || limit?.isOver ?? false) })
        else { throw DeferredSignals.isEnding ? .interrupted : .timedOut }
        return cost.extents
    }
}

extension ExtentBuffer {
    /// How many extents a file has, if they are no more than `most`; nil: more, or they can't be told.
    func count(of descriptor: CInt, atMost most: Int, kernel: Kernel) -> Int? {
        var (start, total): (UInt64, Int) = (0, 0)
        while let count = try? kernel.readExtents(descriptor, self, start, room, false) {
            total += count
            if total > most { return nil }
            guard count == room, case let last = self[count - 1], !last.flags.contains(.last), last.end > start else { return total }
            start = last.end
        }
        return nil
    }
}
