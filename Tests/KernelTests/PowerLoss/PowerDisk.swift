// A disk that can lose its power: a filesystem in a file of an outer pool that shares blocks. A clone of the file holds what the filesystem has
// written out and nothing that it still keeps in memory: what a power cut leaves. Its loop device goes round the page cache while pictures are
// taken, so that they cost little. The rule: a disk is always mounted at its own place, for the catalogue knows its directories by their paths.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport

final class PowerDisk {
    let kind: Filesystem
    /// Where it is mounted.
    let path: FilePath
    /// The disk as it is; a mount takes another file in its place.
    private(set) var file: FilePath
    private let scope: TestScope
    private(set) var device: LoopDevice?
    private var mount: Mount?

    init(_ scope: TestScope, in outer: FilePath, _ name: String, _ kind: Filesystem, size: Int) throws {
        self.scope = scope
        self.kind = kind
        path = try scope.freshDirectory(name)
        file = outer.appending(name)
        try scope.makeSparseFile(file, size: size)
        try kind.make(on: file)
        try attach(file, directIO: true)
        chmod(path.string, 0o755)
    }

    /// Mounts a picture in the place of what was mounted, which must be unmounted. The log is replayed now.
    ///
    /// - Parameter directIO: not for a file that shares blocks: its loop device would have larger sectors than its filesystem.
    func attach(_ file: FilePath, directIO: Bool = false) throws {
        self.file = file
        let device = try scope.attach(file, LoopOptions(directIO: directIO))
        self.device = device
        mount = try scope.mount(device.path, kind, at: path)
    }

    func detach() throws {
        try mount?.unmount()
        try device?.detach()
    }

    /// What a power cut would leave, as a file.
    func picture(_ name: String) throws -> FilePath {
        let picture = file.removingLastComponent().appending(name)
        let from = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        defer { try? from.close() }
        let to = try FileDescriptor.open(
            picture, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
        defer { try? to.close() }
        try Kernel.linux.clone(to.rawValue, from.rawValue)
        return picture
    }

    /// How many writes the disk has taken: as long as it is the same, so is what a picture shows.
    var writes: String {
        let name = device?.path.lastComponent?.string ?? ""
        let fields = (try? String(contentsOfFile: "/sys/block/\(name)/stat", encoding: .utf8))?.split(separator: " ") ?? []
        // Writes and discards, done.
        return fields.count > 11 ? "\(fields[4]) \(fields[11])" : "\(UInt64.random(in: 0...(.max)))"
    }

    /// Ends it as it is: nothing that is not on the disk will ever be, the log's buffers included.
    func shutDown() throws {
        try Command.run("xfs_io", (kind == .xfs ? [] : ["-F"]) + ["-x", "-c", "shutdown", path.string])
    }
}
