// The world that loses its power: a pool and, if wanted, another disk for the catalogue; in the pool two images, and losnap. The rule: what a
// snapshot holds is read while the world is still whole, and compared byte by byte with what is there after the cut.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

final class PowerScene {
    let scope: TestScope
    let pool: PowerDisk
    /// Where the catalogue is, if not on the pool.
    let apart: PowerDisk?
    let catalogue: FilePath
    private let base: Tool
    private var mounts: [(Mount, LoopDevice)] = []
    private var counter = 0
    /// What each snapshot file holds, by its name. Names are given once.
    private(set) var contents: [String: Data] = [:]

    static let sources = ["home", "other"]

    init(_ scope: TestScope, pool kind: Filesystem, catalogueApart: Bool) throws {
        self.scope = scope
        let memory = try scope.pool(.tmpfs, size: 3 << 30)
        let file = memory.path.appending("outer")
        try scope.makeSparseFile(file, size: 2 << 30)
        try Filesystem.xfs.make(on: file)
        let outer = try scope.mount(scope.attach(file).path, .xfs).path
        pool = try PowerDisk(scope, in: outer, "pool", kind, size: kind.smallSize)
        apart = catalogueApart ? try PowerDisk(scope, in: outer, "apart", .ext4, size: 24 << 20) : nil
        catalogue = (apart ?? pool).path.appending("state").appending("catalogue.sqlite")
        base = try scope.sandbox().losnap
        for name in Self.sources {
            let image = try scope.image("\(name).img", in: pool.path, .ext4, size: 8 << 20)
            chmod(image.string, 0o640)
        }
        // What the test itself has made is on the disk; what losnap makes is for losnap to bring there.
        for disk in disks { try Command.run("sync", ["-f", disk.path.string]) }
    }

    var disks: [PowerDisk] { [pool] + (apart.map { [$0] } ?? []) }

    func image(_ name: String) -> FilePath { pool.path.appending("\(name).img") }

    func directory(_ name: String) -> FilePath { pool.path.appending(".losnap").appending(name) }

    // MARK: losnap

    /// losnap of this start of the machine: its catalogue is this world's, its locks and freeze records are its own.
    func losnap(started runtime: FilePath? = nil) -> Tool {
        var losnap = base
        losnap.environment["LOSNAP_CATALOGUE"] = catalogue.string
        if let runtime { losnap.environment["LOSNAP_RUNTIME_DIR"] = runtime.string }
        return losnap
    }

    /// Runs losnap, which has to succeed.
    @discardableResult
    func run(_ losnap: Tool, _ arguments: [String], _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws
        -> String
    {
        let outcome = try losnap.run(arguments, sourceLocation: sourceLocation)
        try #require(outcome.succeeded, "\(what): \(arguments): \(outcome.status) \(outcome.stderr)", sourceLocation: sourceLocation)
        return outcome.stdout
    }

    // MARK: The images

    func mountImages() throws {
        for name in Self.sources {
            let mounted = try scope.mountImage(image(name), .ext4)
            mounts.append((mounted.mount, mounted.device))
        }
    }

    func unmountImages() throws {
        for (mount, device) in mounts {
            try mount.unmount()
            try device.detach()
        }
        mounts = []
    }

    /// Writes a version into each mounted image; it is for the freeze to bring it to the disk.
    func write(version: Int) throws {
        for (mount, _) in mounts {
            let file = try FileDescriptor.open(
                mount.path.appending("content"), .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(Self.block(version)) }
        }
    }

    /// A block of the filesystem that no other version has.
    static func block(_ version: Int) -> Data {
        var state = UInt64(version) &* 0x9E37_79B9_7F4A_7C15 | 1
        let words = (0..<512).map { _ -> UInt64 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        return words.withUnsafeBytes { Data($0) }
    }

    // MARK: The snapshots

    /// The names of the snapshot files of a source.
    func files(_ name: String) -> Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: directory(name).string)) ?? []).subtracting(["CACHEDIR.TAG"])
    }

    /// Reads what has a name and was not read before. In the world before the cut.
    func learn() throws {
        for source in Self.sources {
            for name in files(source) where contents[name] == nil {
                contents[name] = try Data(contentsOf: URL(fileURLWithPath: directory(source).appending(name).string))
            }
        }
    }

    /// The names of all snapshot files.
    var allFiles: Set<String> { files("home").union(files("other")) }

    // MARK: The disks

    /// A picture of all disks; nothing may be at work that could come between two of them.
    func picture() throws -> [FilePath] {
        counter += 1
        return try disks.map { try $0.picture("picture-\(counter)-\($0.path.lastComponent?.string ?? "")") }
    }

    func detach() throws {
        for disk in disks { try disk.detach() }
    }

    func attach(_ files: [FilePath]) throws {
        for (disk, file) in zip(disks, files) { try disk.attach(file) }
    }

    /// How far the disks have come.
    var writes: String { disks.map(\.writes).joined(separator: " ") }

    /// What of the catalogue is in memory, and on the disk, is forgotten: a disk that gives up then can't be read (posix_fadvise(2)).
    func dropCatalogueFromMemory() throws {
        for ending in ["", "-wal"] {
            let descriptor = open(catalogue.string + ending, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            let code = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
            try #require(code == 0, "\(catalogue)\(ending): \(code)")
        }
    }

    /// An empty /run.
    func freshRuntime() throws -> FilePath { try scope.freshDirectory("run", mode: 0o700) }
}
