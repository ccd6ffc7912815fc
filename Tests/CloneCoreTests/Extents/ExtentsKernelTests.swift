// Extent maps and the space that a removal frees, against what real pools say.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

private let kib: UInt64 = 1024

private func map(_ path: FilePath) throws -> ExtentMap {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    return try ExtentMap.read(file.rawValue, path: path.string, sync: .writeOut)
}

private func usage(_ path: FilePath) throws -> SpaceUsage {
    SpaceUsage(try map(path), size: try Kernel.linux.statusOf(AT_FDCWD, path.string).size)
}

/// Writes `count` blocks of 64 KiB from block `at` on.
private func write(_ path: FilePath, at: Int, count: Int, truncating: Bool = false) throws {
    try Command.run(
        "dd", ["if=/dev/urandom", "of=\(path)", "bs=64K", "seek=\(at)", "count=\(count)", "conv=notrunc,fsync", "status=none"])
}

private func clone(_ from: FilePath, _ to: FilePath) throws { try Command.run("cp", ["--reflink=always", "--", from.string, to.string]) }

private func reclaim(_ removed: [FilePath], keeping kept: [FilePath]) throws -> ReclaimableSpace {
    var sweep = ReclaimSweep()
    for path in removed { sweep.add(try map(path), .removed) }
    for path in kept { sweep.add(try map(path), .kept) }
    return sweep.result()
}

@Suite("Extents on real pools", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct ExtentsKernelTests {
    @Test("logical, allocated, shared and exclusive bytes", arguments: [Filesystem.xfs, .btrfs])
    func usageOfFiles(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let (image, snapshot) = (pool.path.appending("image"), pool.path.appending("snapshot"))
            try scope.makeSparseFile(image, size: 10 << 20)
            try write(image, at: 0, count: 4)
            try write(image, at: 100, count: 4)
            var expected = SpaceUsage(ExtentMap(extents: []), size: 10 << 20)
            expected.allocatedBytes = 512 * kib
            #expect(try usage(image) == expected)
            #expect(try usage(image).exclusiveBytes == 512 * kib)
            try clone(image, snapshot)
            for path in [image, snapshot] { #expect(try usage(path).exclusiveBytes == 0, "\(path)") }
            try write(image, at: 2, count: 4)
            #expect(try usage(image).allocatedBytes == 640 * kib)
            #expect(try usage(image).exclusiveBytes == 256 * kib)
            try Command.run("fallocate", ["-o", "\(1 << 20)", "-l", "\(1 << 20)", "--", image.string])
            #expect(try usage(image).allocatedBytes == 1664 * kib)
            #expect(try map(image).extents.contains { $0.flags.contains(.unwritten) })
        }
    }

    @Test("what a set frees is more than the sum of the exclusives, and is what the pool gets back")
    func reclaimable() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs)
            let files = ["image", "one", "two", "three"].map { pool.path.appending($0) }
            try write(files[0], at: 0, count: 64)
            try clone(files[0], files[1])
            try write(files[0], at: 0, count: 16)
            try clone(files[0], files[2])
            try write(files[0], at: 8, count: 16)
            try clone(files[0], files[3])
            try write(files[0], at: 0, count: 64)
            // Blocks 32...63 of one, two and three are shared among them alone.
            #expect(try reclaim([files[1]], keeping: [files[0], files[2], files[3]]).bytes == 16 * 64 * kib)
            #expect(try reclaim([files[2]], keeping: [files[0], files[1], files[3]]).bytes == 8 * 64 * kib)
            let all = try reclaim(Array(files[1...]), keeping: [files[0]])
            #expect(all.doubtfulBytes == 0)
            #expect(all.bytes == (64 + 16 + 16) * 64 * kib)
            let exclusive = try files[1...].reduce(0) { try $0 + usage($1).exclusiveBytes }
            #expect(exclusive < all.bytes)

            func free() throws -> UInt64 {
                let folder = try FileDescriptor.open(pool.path, .readOnly)
                defer { try? folder.close() }
                try Kernel.linux.syncFilesystem(folder.rawValue)
                return try Kernel.linux.filesystemStatus(folder.rawValue).availableBytes
            }
            let before = try free()
            try Command.run("rm", ["--"] + files[1...].map(\.string))
            // Freed in the background; a few blocks of metadata come back with them.
            var gained: UInt64 = 0
            let reached = try waitUntil {
                gained = try free() &- before
                return gained >= all.bytes && gained < all.bytes + 512 * kib
            }
            #expect(reached, "\(gained) of \(all.bytes)")
        }
    }

    @Test("a sharer that was left out: doubtful, not freed", arguments: [Filesystem.xfs, .btrfs])
    func leftOut(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let files = ["image", "one"].map { pool.path.appending($0) }
            try write(files[0], at: 0, count: 16)
            try clone(files[0], files[1])
            #expect(try reclaim([files[1]], keeping: []) == ReclaimableSpace(bytes: 0, doubtfulBytes: 1024 * kib))
            #expect(try reclaim([files[1]], keeping: [files[0]]) == ReclaimableSpace(bytes: 0, doubtfulBytes: 0))
            #expect(try reclaim(files, keeping: []) == ReclaimableSpace(bytes: 1024 * kib, doubtfulBytes: 0))
        }
    }

    @Test("compressed and inline data on btrfs is doubtful")
    func compressed() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.btrfs, options: "compress-force=zstd")
            let (large, small) = (pool.path.appending("large"), pool.path.appending("small"))
            try scope.write(String(repeating: "compressible ", count: 100_000), to: large)
            try scope.write("few", to: small)
            for path in [large, small] {
                #expect(try !usage(path).isExact)
                let space = try reclaim([path], keeping: [])
                #expect(space.bytes == 0 && space.doubtfulBytes > 0)
            }
        }
    }

    @Test("more extents than one call gives: all of them, in order, counted alike", arguments: [Filesystem.xfs, .btrfs])
    func batches(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let path = pool.path.appending("fragmented")
            let count = 20_000
            // Its length comes first: growing it bit by bit makes XFS allocate ahead, in the gaps.
            try scope.makeSparseFile(path, size: count * 8192)
            let file = try FileDescriptor.open(path, .readWrite)
            defer { try? file.close() }
            let block = [UInt8](repeating: 7, count: 4096)
            for index in 0..<count {
                _ = try block.withUnsafeBytes { try file.writeAll(toAbsoluteOffset: Int64(index) * 8192, $0) }
            }
            let extents = try map(path).extents
            #expect(extents.count == count)
            #expect(extents.enumerated().allSatisfy { $1.logical == UInt64($0) * 8192 && $1.length == 4096 })
            #expect(try ExtentMap.count(file.rawValue, path: path.string) == count)
        }
    }

    @Test("no extents, and no FIEMAP")
    func none() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs)
            let path = pool.path.appending("empty")
            try scope.makeSparseFile(path, size: 1 << 20)
            #expect(try map(path).extents == [])
            let other = try scope.pool(.tmpfs, size: 1 << 20)
            try scope.write("x", to: other.path.appending("x"))
            #expect(throws: CloneError.self) { try map(other.path.appending("x")) }
        }
    }
}
