// Clone calls for parts of an image: all of it by its extents before the freeze, marked blocks before it and in it. The rules: between two calls
// those who use the image get their turn; ranges end at blocks, or at the end of the image.

internal import SystemPackage

/// Clones from one open file to another.
struct RangeCloner {
    let source: CInt
    let destination: CInt
    let kernel: Kernel
    /// How long to pause between calls; nil: not at all, as while frozen.
    var pace: ClonePace?
    /// After so many extents a btrfs is to commit what was cloned; nil: it is no btrfs.
    var commitsAfter: Int?
    /// Is told how much is done, and of how much.
    var progress: (@Sendable (UInt64, UInt64) -> Void)?

    /// What cloning cost.
    struct Cost {
        var extents = 0
        var nanoseconds: UInt64 = 0
        var perExtent: UInt64 { extents > 0 ? nanoseconds / UInt64(extents) : 0 }
    }

    /// What cloning some marked blocks came to.
    struct Round {
        var end: ChunkedCloneEnd
        var bytes: UInt64 = 0
        /// In the calls alone.
        var nanoseconds: UInt64 = 0
    }

    /// Clones all of a live image, so many extents a call as fit into the wanted time. False: stopped.
    ///
    /// - Parameter enough: it may end when so many extents were cloned; nil: at the end of the image.
    mutating func cloneAll(
        granule: UInt64, buffer: ExtentBuffer, enough: Int? = nil, cost: inout Cost, while goOn: () -> Bool
    ) throws(Errno) -> Bool {
        var piece = PieceSize(first: 256, smallest: 64, largest: UInt64(buffer.room))
        var offset: UInt64 = 0
        var uncommitted = 0
        while true {
            guard goOn() else { return false }
            let whole = CallTimer(kernel)
            let count = try kernel.readExtents(source, buffer, offset, Int(piece.amount), false)
            let size = try kernel.status(source).size
            guard offset < size else { return true }
            let last = count > 0 ? buffer[count - 1] : nil
            // Not into the middle of a block; a block at least, or it would never end. Blocks may be allocated behind the end of the file.
            let end = last.map { max($0.end & ~(granule - 1), offset + granule) } ?? .max
            let isLast = end >= size || last?.flags.contains(.last) ?? true
            let call = CallTimer(kernel)
            try kernel.cloneRange(destination, source, offset, isLast ? 0 : end - offset)
            cost.extents += count
            cost.nanoseconds += call.time(kernel).held
            let took = whole.time(kernel)
            if isLast {
                progress?(size, size)
                return true
            }
            if let enough, cost.extents >= enough { return true }
            offset = end
            piece.took(took)
            progress?(offset, size)
            uncommitted += count
            if let commitsAfter, uncommitted >= commitsAfter {
                try? kernel.commitTransaction(destination)
                uncommitted = 0
            }
            if let length = pace?.pause(after: took.held) { kernel.pause(length) }
        }
    }

    /// Clones the marked blocks of an image of that size; where each call waits for its turn, with what lies between them. Takes no memory if it does
    /// not pause.
    mutating func clone(_ changed: ChangedBlocks, size: UInt64, piece: inout PieceSize, while goOn: () -> Bool) -> Round {
        var position: UInt64 = 0
        var round = Round(end: .done)
        while position < size, var run = changed.run(from: position), run.start < size {
            var start = run.start
            piece.beginAnew()
            while start < min(run.end, size) {
                while piece.isWaiting, run.end < start + piece.amount, let next = changed.run(from: run.end),
                    next.start < start + piece.amount
                {
                    run.end = next.end
                }
                guard goOn() else {
                    round.end = .stopped
                    return round
                }
                let end = min(run.end, start + piece.amount)
                let call = CallTimer(kernel)
                do {
                    try kernel.cloneRange(destination, source, start, end >= size ? 0 : end - start)
                } catch {
                    round.end = .failed(error)
                    return round
                }
                round.bytes += min(end, size) - start
                start = end
                let took = call.time(kernel)
                round.nanoseconds += took.wall
                piece.took(took)
                if let length = pace?.pause(after: took.held) { kernel.pause(length) }
            }
            position = run.end
        }
        return round
    }

    /// So many extents are cloned in one call at most: only where each call waits long for its turn are there more than some hundreds.
    static let room = 65536

    /// For ranges whose density is not known. Not more than 64 MiB at once, for after a hole they may be full of small extents.
    static var unknownDensity: PieceSize { PieceSize(first: 2 << 20, smallest: 256 << 10, largest: 64 << 20) }
}
