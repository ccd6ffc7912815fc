// Memory for the extents that one call of FIEMAP reads. The rule: taken once, before anything is frozen; filling and reading it takes no more.

internal import CLinux
internal import SystemPackage

/// Room for some extents. For one thread at a time.
public final class ExtentBuffer: @unchecked Sendable {
    private let raw: UnsafeMutablePointer<fiemap>
    /// How many it can hold.
    public let room: Int

    /// nil when there is no memory.
    ///
    /// - Parameter isTouched: whether its pages are there from the start, so that filling it while something is frozen takes no memory.
    public init?(room: Int, isTouched: Bool = true) {
        guard let raw = clinux_fiemap_make(UInt32(clamping: room), isTouched ? 1 : 0) else { return nil }
        self.raw = raw
        self.room = room
    }

    deinit { clinux_fiemap_free(raw, UInt32(clamping: room)) }

    /// The extent of that index in what was read last.
    subscript(index: Int) -> Extent {
        guard let raw = clinux_fiemap_extent(raw, UInt32(index)) else { return Extent(logical: 0, physical: 0, length: 0, flags: .unknown) }
        return Extent(
            logical: raw.pointee.fe_logical, physical: raw.pointee.fe_physical, length: raw.pointee.fe_length,
            flags: ExtentFlags(rawValue: raw.pointee.fe_flags))
    }

    func fill(from descriptor: CInt, start: UInt64, limit: Int, writeOut: Bool) throws(Errno) -> Int {
        raw.pointee.fm_extent_count = UInt32(min(max(limit, 1), room))
        let flags = writeOut ? UInt32(FIEMAP_FLAG_SYNC) : 0
        return Int(try value(clinux_fiemap_read(descriptor, raw, start, UInt64.max - start, flags)))
    }
}
