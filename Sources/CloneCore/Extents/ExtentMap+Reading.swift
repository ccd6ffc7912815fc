// Reading extent maps from the kernel. The rule: in batches, each going on where the last one ended, and never twice over the same range, so
// that it ends also on a file that is being written.

internal import CLinux
internal import SystemPackage

/// Whether delayed writes are given their place on disk before the map is read (FIEMAP_FLAG_SYNC).
public enum ExtentSync: Sendable {
    case writeOut
    case asIs
}

extension ExtentMap {
    /// Extents that one call asks for: more make it no faster.
    private static let batch: UInt32 = 16384

    /// Reads the map of an open file.
    ///
    /// Costs up to 3 µs an extent; the file can be written meanwhile, so the map of a live image is of no one instant.
    ///
    /// - Throws: `.system(.extents)` where the filesystem has no FIEMAP, `.inputOutput`, `.full`.
    public static func read(_ descriptor: CInt, path: String, sync: ExtentSync = .asIs) throws(CloneError) -> ExtentMap {
        guard let buffer = clinux_fiemap_make(batch, 0) else { throw .system(.extents, path: path, .noMemory) }
        defer { clinux_fiemap_free(buffer, batch) }
        var extents: [Extent] = []
        var start: UInt64 = 0
        while true {
            let flags = sync == .writeOut && start == 0 ? UInt32(FIEMAP_FLAG_SYNC) : 0
            let count = clinux_fiemap_read(descriptor, buffer, start, UInt64.max - start, flags)
            if count < 0 { throw CloneError(Errno(rawValue: -count), .extents, path) }
            guard count > 0, let first = clinux_fiemap_extent(buffer, 0) else { break }
            for raw in UnsafeBufferPointer(start: first, count: Int(count)) {
                extents.append(
                    Extent(
                        logical: raw.fe_logical, physical: raw.fe_physical, length: raw.fe_length,
                        flags: ExtentFlags(rawValue: raw.fe_flags)))
            }
            guard let last = extents.last, !last.flags.contains(.last) else { break }
            let (next, overflow) = last.logical.addingReportingOverflow(last.length)
            guard !overflow, next > start else { break }
            start = next
        }
        return ExtentMap(extents: extents)
    }

    /// The number of extents of an open file, without reading them.
    public static func count(_ descriptor: CInt, path: String) throws(CloneError) -> Int {
        let count = clinux_fiemap_count(descriptor, 0)
        if count < 0 { throw CloneError(Errno(rawValue: CInt(-count)), .extents, path) }
        return Int(count)
    }
}
