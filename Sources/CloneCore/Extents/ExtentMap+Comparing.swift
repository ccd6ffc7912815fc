// How much two files differ, by their extent maps alone. The rule: what the maps don't prove to be the same counts as different. It rests on
// FICLONE: afterwards every extent is shared, and what is written goes to a new place, so an equal place means equal content. Of a compressed extent
// the place is where it begins and how far inside: FIEMAP shows its first and its second half at the same address.

extension ExtentMap {
    /// How many bytes of two files on one filesystem differ, one of which was cloned from the other, or both from a third.
    ///
    /// The same are: one place on disk at one place in the file; a hole or an unwritten extent on both sides, which both read as zeros;
    /// one place in a compressed extent, if both maps tell the place inside (``pair(_:_:)``). Bytes that only one file is long enough for differ.
    /// All else differs: also a hole and written zeros, and data without a place on disk.
    ///
    /// Both maps should be read after delayed writes were given their place (``ExtentSync/writeOut``). Takes time in proportion to the
    /// extents of both.
    ///
    /// - Parameters:
    ///   - other: the other file's extents.
    ///   - size: this file's length in bytes, as `fstat` says.
    ///   - otherSize: the other file's length in bytes.
    public func differingBytes(from other: ExtentMap, size: UInt64, otherSize: UInt64) -> UInt64 {
        let end = min(size, otherSize)
        var differing = max(size, otherSize) - end
        var left = ExtentCursor(self)
        var right = ExtentCursor(other)
        var position: UInt64 = 0
        while position < end {
            let next = min(left.advance(to: position), right.advance(to: position), end)
            if !left.content(at: position).isSame(as: right.content(at: position)) { differing += next - position }
            position = next
        }
        return differing
    }
}

/// What a file has at one place, as far as its map tells.
private enum ExtentContent {
    case zeros
    /// At this place on disk.
    case placed(UInt64)
    /// In the extent that begins at this place on disk, so far inside.
    case encoded(UInt64, inside: UInt64)
    case unknown

    func isSame(as other: ExtentContent) -> Bool {
        switch (self, other) {
        case (.zeros, .zeros): true
        case (.placed(let left), .placed(let right)): left == right
        case (.encoded(let left, let leftInside), .encoded(let right, let rightInside)): left == right && leftInside == rightInside
        default: false
        }
    }
}

/// Walks through the extents of a file in the order of the file.
private struct ExtentCursor {
    private let extents: [Extent]
    private let insides: [UInt64]?
    private var index = 0

    init(_ map: ExtentMap) {
        extents = map.extents
        insides = map.insides
    }

    /// Goes to where `position` is; it never goes back. Returns where the content changes next.
    mutating func advance(to position: UInt64) -> UInt64 {
        while index < extents.count, extents[index].end <= position { index += 1 }
        guard index < extents.count else { return .max }
        return extents[index].logical > position ? extents[index].logical : extents[index].end
    }

    func content(at position: UInt64) -> ExtentContent {
        guard index < extents.count, extents[index].logical <= position else { return .zeros }
        let extent = extents[index]
        let doubts = extent.flags.intersection(.unplaced)
        if doubts == .encoded, let insides, !extent.flags.contains(.unwritten) {
            let (inside, overflow) = insides[index].addingReportingOverflow(position - extent.logical)
            return overflow ? .unknown : .encoded(extent.physical, inside: inside)
        }
        if !doubts.isEmpty { return .unknown }
        if extent.flags.contains(.unwritten) { return .zeros }
        let (place, overflow) = extent.physical.addingReportingOverflow(position - extent.logical)
        return overflow ? .unknown : .placed(place)
    }
}

extension Extent {
    /// Where it ends in the file.
    var end: UInt64 {
        let (end, overflow) = logical.addingReportingOverflow(length)
        return overflow ? .max : end
    }
}
