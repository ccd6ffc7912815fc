// Recognising a pool, and whether it can hold clones, on real filesystems.

import CloneCore
import SystemPackage
import TestSupport
import Testing

private func withFolder<Result>(_ path: FilePath, _ body: (CInt) throws -> Result) throws -> Result {
    let folder = try FileDescriptor.open(path, .readOnly, options: .directory)
    defer { try? folder.close() }
    return try body(folder.rawValue)
}

@Suite("Pools", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct PoolKernelTests {
    @Test("the UUID is the one that mkfs gave, and stays over unmounting", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func identity(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let device = try #require(pool.device)
            let first = try withFolder(pool.path) { try PoolIdentity.of($0, path: pool.path.string) }
            #expect(first.type == kind.mountType)
            let known = try Command.run("blkid", ["-p", "-s", "UUID", "-o", "value", device.path.string])
            #expect("\(first.uuid)\n" == known)
            try pool.mount.unmount()
            try pool.mount.mountAgain()
            #expect(try withFolder(pool.path) { try PoolIdentity.of($0, path: pool.path.string) } == first)
        }
    }

    @Test("whether it can share blocks is found by trying, and leaves nothing", arguments: Filesystem.allCases)
    func sharing(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind, size: max(kind.smallSize, 64 << 20))
            let name = kind.mountType
            try withFolder(pool.path) { folder in
                if kind.canClone {
                    try SharingProbe().probe(directory: folder, path: "pool")
                } else {
                    #expect(throws: CloneError.cannotShareBlocks(directory: "pool", filesystem: name)) {
                        try SharingProbe().probe(directory: folder, path: "pool")
                    }
                }
            }
            #expect(try Command.run("ls", ["-A", pool.path.string]) == (kind == .ext4 ? "lost+found\n" : ""))
            try pool.mount.remount("ro")
            try withFolder(pool.path) { folder in
                _ = #expect(throws: CloneError.readOnly(path: "pool")) { try SharingProbe().probe(directory: folder, path: "pool") }
            }
        }
    }
}
