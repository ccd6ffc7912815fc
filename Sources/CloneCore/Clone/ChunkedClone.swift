// Cloning while frozen, in pieces. The rule: no single call holds the image for long, so that the deadline is seen in time: the size
// of a piece follows from how long the last one took (tens of microseconds an extent on XFS, Docs/kernel.md).

internal import SystemPackage

/// How a clone in pieces ended.
enum ChunkedCloneEnd: Sendable {
    case done
    /// The window was broken on the way.
    case stopped
    case failed(Errno)
}

/// Clones the whole of `source` to `destination`, looking at `goOn` between the calls. Takes no memory.
func cloneInChunks(
    from source: CInt, to destination: CInt, size: UInt64, kernel: borrowing Kernel, while goOn: () -> Bool
) -> ChunkedCloneEnd {
    // Small at first, for nothing is known yet: at one extent a block it takes some tenths of a second at worst.
    var piece = PieceSize(first: 16 << 20, smallest: 1 << 20, largest: 1 << 40, wanted: 50_000_000)
    var offset: UInt64 = 0
    while offset < size {
        guard goOn() else { return .stopped }
        let isLast = size - offset <= piece.amount
        let call = CallTimer(kernel)
        do {
            // The last piece goes to the end of the file, which need not be at the end of a block.
            try kernel.cloneRange(destination, source, offset, isLast ? 0 : piece.amount)
        } catch {
            return .failed(error)
        }
        if isLast { return .done }
        offset += piece.amount
        piece.took(call.time(kernel))
    }
    return .done
}
