// Cloning what nobody writes, in pieces, on real pools: the same bytes and the same length as in one call, and how far it has come on the way.

import Foundation
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("Clones of what nobody writes", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StillCloneTests {
    /// What was told on the way.
    private final class Told: Sendable {
        let bytes = Mutex<[UInt64]>([])
    }

    private func publish(_ path: FilePath, as name: String, in pool: FilePath, _ kernel: Kernel = .linux, told: Told) throws -> Int? {
        let file = try OpenFile(path.string, kernel: kernel)
        let directory = try OpenFile(pool.string, flags: [.directory], kernel: kernel)
        let clone = try NamelessClone(of: file, in: directory, kernel: kernel)
        let size = try file.status().size
        let extents = try clone.fill(from: file, kernel: kernel) { done, total in
            #expect(total == size)
            told.bytes.withLock { $0.append(done) }
        }
        try clone.publish(as: name)
        return extents
    }

    /// What an image may end with.
    enum End: CaseIterable {
        case data, hole, oddLength, blocksBehind
    }

    @Test("the same bytes and the same length, whatever it ends with", arguments: [Filesystem.xfs, .btrfs], End.allCases)
    func exact(kind: Filesystem, end: End) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let path = pool.path.appending("image")
            try scope.makeSparseFile(path, size: 0)
            try appendFragments(to: path, count: 3000)
            let size = try OpenFile(path.string, kernel: .linux).status().size
            switch end {
            case .data: break
            case .hole: #expect(truncate(path.string, Int(size) + (3 << 20)) == 0)
            case .oddLength: #expect(truncate(path.string, Int(size) - 1001) == 0)
            case .blocksBehind: try Command.run("fallocate", ["-n", "-o", "\(size)", "-l", "\(1 << 20)", "--", path.string])
            }
            let told = Told()
            let extents = try publish(path, as: "clone", in: pool.path, told: told)
            let clone = pool.path.appending("clone")
            try Command.run("cmp", ["--", path.string, clone.string])
            #expect(try Kernel.linux.statusOf(AT_FDCWD, clone.string).size == Kernel.linux.statusOf(AT_FDCWD, path.string).size)
            #expect(try 3000...3001 ~= #require(extents), "\(String(describing: extents))")
            let steps = told.bytes.withLock { $0 }
            #expect(steps.count >= 2 && steps == steps.sorted())
        }
    }

    @Test("where there are no extent maps it is one call, and one that fails is told as it is")
    func otherwise() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs)
            let path = pool.path.appending("image")
            try scope.makeSparseFile(path, size: 8192)
            try appendFragments(to: path, count: 600)
            let told = Told()
            var kernel = Kernel.linux
            kernel.readExtents = { (_, _, _, _, _) throws(Errno) in throw .notSupported }
            #expect(try publish(path, as: "one", in: pool.path, kernel, told: told) == nil)
            #expect(told.bytes.withLock { $0.isEmpty })
            try Command.run("cmp", ["--", path.string, pool.path.appending("one").string])

            let real = Kernel.linux
            kernel = real
            kernel.cloneRange = { (to, from, offset, length) throws(Errno) in
                if offset > 0 { throw .noSpace }
                try real.cloneRange(to, from, offset, length)
            }
            #expect(throws: Errno.noSpace) { try publish(path, as: "two", in: pool.path, kernel, told: told) }
            #expect(access(pool.path.appending("two").string, F_OK) != 0)
        }
    }

    @Test("a count that would take too long is none")
    func counting() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.xfs)
            let path = pool.path.appending("image")
            try scope.makeSparseFile(path, size: 4096)
            try appendFragments(to: path, count: 300)
            let file = try OpenFile(path.string, kernel: .linux)
            let buffer = try #require(ExtentBuffer(room: 64))
            let counts = [300, 299, 1000].map { buffer.count(of: file.descriptor, atMost: $0, kernel: .linux) }
            #expect(counts == [300, nil, 300])
        }
    }
}
