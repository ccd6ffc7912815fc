// The space of one file, from its extent map. The rule: bytes are counted as the file sees them; what compression saves is not known here.

/// The space that one file takes.
public struct SpaceUsage: Sendable, Hashable {
    /// Its length in bytes.
    public var logicalBytes: UInt64
    /// Bytes that have blocks: no holes, but also what is allocated and not written yet.
    public var allocatedBytes: UInt64
    /// Bytes in blocks that another file uses too.
    public var sharedBytes: UInt64
    /// Bytes in blocks that only this file uses: what removing it alone would free.
    public var exclusiveBytes: UInt64 { allocatedBytes - sharedBytes }
    /// False when some of it is compressed, or not on disk yet: then it takes another space than this.
    public var isExact: Bool

    /// - Parameters:
    ///   - map: the file's extents.
    ///   - size: its length in bytes, as `fstat` says.
    public init(_ map: ExtentMap, size: UInt64) {
        logicalBytes = size
        allocatedBytes = 0
        sharedBytes = 0
        isExact = true
        for extent in map.extents {
            allocatedBytes &+= extent.length
            if extent.flags.contains(.shared) { sharedBytes &+= extent.length }
            if !extent.isPlaced { isExact = false }
        }
    }
}
