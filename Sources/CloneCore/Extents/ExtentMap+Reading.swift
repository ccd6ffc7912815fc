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
    public static let batch = 16384

    /// Reads the map of an open file.
    ///
    /// Costs up to 3 µs an extent; the file can be written meanwhile, so the map of a live image is of no one instant.
    ///
    /// - Parameter buffer: what to read into, for those who read very many files: a buffer for each would cost more than a short map.
    /// - Throws: `.system(.extents)` where the filesystem has no FIEMAP, `.inputOutput`, `.full`.
    public static func read(
        _ descriptor: CInt, path: String, sync: ExtentSync = .asIs, with buffer: ExtentBuffer? = nil
    ) throws(CloneError) -> ExtentMap {
        guard let buffer = buffer ?? ExtentBuffer(room: batch, isTouched: false) else { throw .system(.extents, path: path, .noMemory) }
        var extents: [Extent] = []
        var start: UInt64 = 0
        while true {
            let count: Int
            do {
                count = try buffer.fill(from: descriptor, start: start, limit: buffer.room, writeOut: sync == .writeOut && start == 0)
            } catch {
                throw CloneError(error, .extents, path)
            }
            for index in 0..<count { extents.append(buffer[index]) }
            guard count > 0, let last = extents.last, !last.flags.contains(.last) else { break }
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
