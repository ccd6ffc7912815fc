// Which blocks of an image have changed: one bit a block, and one bit for each word of those. The rule: all memory is taken, touched and kept from
// children when it is made, so that marking and looking take none while filesystems are frozen. What is doubtful is marked: too much is slow, never wrong.

internal import SystemPackage

/// A set of blocks. For one thread at a time.
final class ChangedBlocks: @unchecked Sendable {
    /// Bytes a block; a power of two.
    let blockBytes: UInt64
    /// Bytes from the beginning of the image that have bits. What lies behind is always taken as changed.
    let coveredBytes: UInt64
    private let words: UnsafeMutableBufferPointer<UInt64>
    private let summary: UnsafeMutableBufferPointer<UInt64>
    private let shift: UInt64

    /// 8 MiB of bits: 256 GiB in blocks of 4 KiB; beyond that the blocks are larger.
    private static let mostBlocks: UInt64 = 1 << 26

    /// - Parameter granule: the smallest block that can be cloned; a power of two.
    convenience init(size: UInt64, granule: UInt64) throws(Errno) {
        var bytes = max(granule, 4096)
        while size / bytes >= Self.mostBlocks { bytes *= 2 }
        try self.init(blocks: (size + bytes - 1) / bytes, of: bytes)
    }

    /// An empty one of the same shape.
    convenience init(shapedAs other: ChangedBlocks) throws(Errno) {
        try self.init(blocks: other.coveredBytes / other.blockBytes, of: other.blockBytes)
    }

    private init(blocks: UInt64, of bytes: UInt64) throws(Errno) {
        blockBytes = bytes
        shift = UInt64(bytes.trailingZeroBitCount)
        coveredBytes = blocks * bytes
        let count = Int(blocks / 64) + 1
        words = try .unforked(count)
        do {
            summary = try .unforked(count / 64 + 1)
        } catch {
            words.freeUnforked()
            throw error
        }
    }

    deinit {
        words.freeUnforked()
        summary.freeUnforked()
    }

    var isEmpty: Bool { !summary.contains { $0 != 0 } }

    /// Marks every block that has a byte of the range; what lies beyond the bits needs no mark.
    func insert(from start: UInt64, to end: UInt64) {
        guard start < min(end, coveredBytes) else { return }
        let first = start >> shift
        let last = (min(end, coveredBytes) - 1) >> shift
        var word = Int(first >> 6)
        let lastWord = Int(last >> 6)
        var mask = UInt64.max << (first & 63)
        while word < lastWord {
            set(word, mask)
            mask = .max
            word += 1
        }
        set(word, mask & (UInt64.max >> (63 - (last & 63))))
    }

    private func set(_ word: Int, _ mask: UInt64) {
        words[word] |= mask
        summary[word >> 6] |= 1 << UInt64(word & 63)
    }

    func removeAll() {
        forEachWord { words[$0] = 0 }
        summary.update(repeating: 0)
    }

    /// Adds what another set of the same shape has.
    func formUnion(_ other: ChangedBlocks) {
        other.forEachWord { set($0, other.words[$0]) }
    }

    /// The first run of marked blocks that begins at `position` or later, or that `position` is in.
    func run(from position: UInt64) -> (start: UInt64, end: UInt64)? {
        guard let first = next(from: position >> shift, marked: true) else { return nil }
        let end = next(from: first, marked: false) ?? (coveredBytes >> shift)
        return (first << shift, min(end << shift, coveredBytes))
    }

    /// How many bytes are marked.
    var bytes: UInt64 {
        var count = 0
        forEachWord { count += words[$0].nonzeroBitCount }
        return UInt64(count) << shift
    }

    /// The first run of what is marked here and not in another set of the same shape.
    func firstMissing(in other: ChangedBlocks) -> (start: UInt64, end: UInt64)? {
        for word in words.indices where words[word] & ~other.words[word] != 0 {
            let first = UInt64(word) << 6 + UInt64((words[word] & ~other.words[word]).trailingZeroBitCount)
            var end = first + 1
            while end << shift < coveredBytes, isMarked(end), !other.isMarked(end) { end += 1 }
            return (first << shift, end << shift)
        }
        return nil
    }

    private func isMarked(_ block: UInt64) -> Bool { words[Int(block >> 6)] & (1 << (block & 63)) != 0 }

    private func forEachWord(_ body: (Int) -> Void) {
        for index in summary.indices {
            var bits = summary[index]
            while bits != 0 {
                body(index << 6 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
    }

    private func next(from block: UInt64, marked: Bool) -> UInt64? {
        var word = Int(block >> 6)
        guard word < words.count else { return nil }
        var bits = (marked ? words[word] : ~words[word]) & (UInt64.max << (block & 63))
        while bits == 0 {
            word += 1
            if marked {
                // Whole stretches without marks are passed over.
                while word & 63 == 0, word < words.count, summary[word >> 6] == 0 { word += 64 }
            }
            guard word < words.count else { return nil }
            bits = marked ? words[word] : ~words[word]
        }
        return UInt64(word) << 6 + UInt64(bits.trailingZeroBitCount)
    }
}
