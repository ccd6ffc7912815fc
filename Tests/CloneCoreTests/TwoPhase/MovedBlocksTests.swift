// Blocks of a clone that are moved while its map is relied on: on btrfs a balance does that.

import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("Moved blocks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct MovedBlocksTests {
    @Test("a clone that was moved by a balance, or block by block, is noticed; one that lies still, or was cloned again there, is not")
    func moved() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.btrfs)
            let paths = (image: pool.path.appending("home.img").string, clone: pool.path.appending("clone").string)
            try Command.run("dd", ["if=/dev/urandom", "of=\(paths.image)", "bs=64k", "count=64"])
            try Command.run("cp", ["--reflink=always", paths.image, paths.clone])
            try Command.run("sync", ["-f", paths.clone])
            let maps = try ComparedMaps(
                image: OpenFile(paths.image, kernel: .linux), clone: OpenFile(paths.clone, kernel: .linux), kernel: .linux)
            let none = try ChangedBlocks(size: 4 << 20, granule: 4096)
            try maps.prepare()
            #expect(try !maps.cloneHasMoved(besides: none))

            try Command.run("dd", ["if=/dev/urandom", "of=\(paths.clone)", "bs=64k", "seek=8", "count=1", "conv=notrunc,fsync"])
            #expect(try maps.cloneHasMoved(besides: none))
            let again = try ChangedBlocks(shapedAs: none)
            again.insert(from: 8 << 16, to: 9 << 16)
            #expect(try !maps.cloneHasMoved(besides: again))

            try maps.prepare()
            #expect(try !maps.cloneHasMoved(besides: none))
            try Command.run("btrfs", ["balance", "start", "--full-balance", pool.path.string])
            #expect(try maps.cloneHasMoved(besides: none))
        }
    }
}
