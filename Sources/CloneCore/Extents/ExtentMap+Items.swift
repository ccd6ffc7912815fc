// The exact map of a file on btrfs, from the items of its subvolume. The rule: only where FIEMAP does not do, for compressed extents: it shows
// each piece of one at the place where the extent begins, so that two pieces of one extent look the same.

internal import CLinux
internal import SystemPackage

extension ExtentMap {
    /// Items that one call asks for; its buffer holds no more.
    private static let itemBatch = 512

    /// Reads two files' maps for comparing them: by FIEMAP, and if one has compressed extents, by the items of btrfs.
    ///
    /// Without CAP_SYS_ADMIN, or where items can't be read, compressed extents keep unknown content. Delayed writes are given their place first.
    public static func pair(
        _ first: OpenFile, _ second: OpenFile
    ) throws(CloneError) -> (ExtentMap, ExtentMap) {
        let maps = (
            try read(first.descriptor, path: first.path, sync: .writeOut), try read(second.descriptor, path: second.path, sync: .writeOut)
        )
        guard maps.0.hasEncoded || maps.1.hasEncoded else { return maps }
        guard let exact = try? readItems(of: first), let other = try? readItems(of: second) else { return maps }
        return (exact, other)
    }

    private var hasEncoded: Bool { extents.contains { $0.flags.contains(.encoded) } }

    /// Reads the map of an open file on btrfs, with the place inside of each compressed extent. What is written meanwhile may be missing.
    static func readItems(of file: OpenFile) throws(CloneError) -> ExtentMap {
        let inode = try file.status().identity.inode
        var items = [clinux_file_extent](repeating: clinux_file_extent(), count: itemBatch)
        var extents: [Extent] = []
        var insides: [UInt64] = []
        var start: UInt64 = 0
        while true {
            let count = clinux_btrfs_file_extents(file.descriptor, inode, start, &items, CInt(itemBatch))
            if count < 0 { throw CloneError(Errno(rawValue: -count), .extents, file.path) }
            guard count > 0 else { break }
            for item in items[..<Int(count)] where item.physical > 0 || item.is_unknown != 0 {
                extents.append(Extent(item))
                insides.append(item.inside)
            }
            let (next, overflow) = items[Int(count) - 1].logical.addingReportingOverflow(1)
            guard !overflow else { break }
            start = next
        }
        return ExtentMap(extents: extents, insides: insides)
    }
}

extension Extent {
    fileprivate init(_ item: clinux_file_extent) {
        var flags: ExtentFlags = []
        if item.is_encoded != 0 { flags.insert(.encoded) }
        if item.is_unknown != 0 { flags.insert(.unknown) }
        if item.is_unwritten != 0 { flags.insert(.unwritten) }
        // Of what is not compressed the place itself, as FIEMAP gives it.
        let (place, overflow) = item.physical.addingReportingOverflow(item.is_encoded != 0 ? 0 : item.inside)
        if overflow { flags.insert(.unknown) }
        self.init(logical: item.logical, physical: place, length: item.length, flags: flags)
    }
}
