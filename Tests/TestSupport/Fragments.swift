// A file in many pieces, as years of random writes leave an image. The rule: the pieces lie behind everything else, a block apart, so that each is
// an extent of its own and the filesystem inside is none the wiser.

package import SystemPackage

/// Writes `count` blocks of 4 KiB, a block apart, into a file, from `start` on; from a block behind its end unless given.
package func appendFragments(to path: FilePath, count: Int, from start: Int64? = nil) throws {
    let file = try FileDescriptor.open(path, .readWrite)
    try file.closeAfter {
        let block = [UInt8](repeating: 7, count: 4096)
        let start = try start ?? file.seek(offset: 0, from: .end) + 8192
        // The end first, so that nothing is allocated ahead.
        for index in (0..<count).reversed() {
            _ = try file.writeAll(toAbsoluteOffset: start + Int64(index) * 8192, block)
        }
    }
    try Command.run("sync", [path.string])
}
