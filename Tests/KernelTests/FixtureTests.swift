// The fixtures prove themselves: what the kernel tests build on is what it says it is, and goes away whatever happens.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Fixtures", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FixtureTests {
    @Test("a pool of each kind is mounted, and shares blocks or refuses to", arguments: Filesystem.allCases)
    func poolsCloneOrNot(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind, size: max(kind.smallSize, 64 << 20), name: "pool with space")
            try scope.write(String(repeating: "x", count: 100_000), to: pool.path.appending("a"))
            let copy = try Command.outcome("cp", ["--reflink=always", "\(pool.path)/a", "\(pool.path)/b"])
            #expect(copy.succeeded == kind.canClone, "\(copy.stderr)")
            #expect(try Command.run("findmnt", ["-n", "-o", "FSTYPE", pool.path.string]) == "\(kind.mountType)\n")
        }
    }

    @Test("an image with each filesystem is mounted in each pool that shares blocks", arguments: [Filesystem.xfs, .btrfs])
    func imagesInPools(poolKind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(poolKind)
            for kind in [Filesystem.xfs, .ext4, .btrfs] {
                let image = try scope.mountedImage("\(kind).img", in: pool.path, kind)
                try scope.write("content", to: image.path.appending("file"))
                let bound = try scope.bindMount(image.path)
                #expect(try String(contentsOfFile: bound.path.appending("file").string, encoding: .utf8) == "content")
                try image.mount.remount("ro")
                #expect(throws: Errno.readOnlyFileSystem) { try scope.write("", to: image.path.appending("other")) }
            }
        }
    }

    @Test("loop devices take offset, size limit, direct I/O and read-only")
    func loopOptions() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let file = try scope.image("two.img", in: pool.path, nil, size: 160 << 20)
            for half in 0...1 {
                let part = try scope.attach(file, LoopOptions(offset: half * (80 << 20), sizeLimit: 80 << 20, directIO: true))
                try Filesystem.ext4.make(on: part.path)
                let mount = try scope.mount(part.path, .ext4)
                try scope.write("half \(half)", to: mount.path.appending("half"))
                #expect(try Command.run("losetup", ["-n", "-O", "DIO", part.path.string]).contains("1"))
            }
            let readOnly = try scope.attach(file, LoopOptions(readOnly: true))
            #expect(try Command.run("losetup", ["-n", "-O", "RO", readOnly.path.string]).contains("1"))
        }
    }

    @Test("images nest, and a mount can be taken away and brought back")
    func nestedAndRemounted() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let outer = try scope.mountedImage("outer.img", in: pool.path, .xfs)
            let inner = try scope.mountedImage("inner.img", in: outer.path, .ext4)
            try scope.write("", to: inner.path.appending("file"))
            try inner.mount.unmount()
            #expect(access(inner.path.appending("file").string, F_OK) == -1)
            try inner.mount.mountAgain()
            #expect(access(inner.path.appending("file").string, F_OK) == 0)
        }
    }

    @Test("frozen filesystems with a hanging writer are thawed and taken down", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func frozenIsTakenDown(kind: Filesystem) throws {
        var kept: (directory: FilePath, devices: [LoopDevice], writer: ChildProcess)?
        try TestScope.with { scope in
            let pool = try scope.pool()
            let outer = try scope.mountedImage("outer.img", in: pool.path, .xfs, size: 400 << 20)
            let inner = try scope.mountedImage("inner.img", in: outer.path, kind)
            let writer = try scope.writer(in: inner.path)
            try writer.waitForProgress()
            try inner.mount.freeze()
            try outer.mount.freeze()
            #expect(throws: FixtureError.self) { try inner.mount.freeze() }
            kept = (scope.directory, [outer.device, inner.device], writer.process)
        }
        let (directory, devices, writer) = try #require(kept)
        #expect(access(directory.string, F_OK) == -1)
        #expect(devices.allSatisfy { !$0.isAttached })
        #expect(writer.poll() != nil)
    }

    @Test("thaw tells how often something was frozen, and that it no longer is")
    func thawCounts() throws {
        try TestScope.with { scope in
            let image = try scope.mountedImage(in: scope.pool().path)
            #expect(image.mount.thaw() == 0)
            try image.mount.freeze()
            #expect(image.mount.thaw() == 1)
            #expect(image.mount.thaw() == 0)
        }
    }

    @Test("a test that fails half way leaves nothing")
    func failureIsCleanedUp() throws {
        struct Stop: Error {}
        var directory: FilePath?
        #expect(throws: Stop.self) {
            try TestScope.with { scope in
                directory = scope.directory
                _ = try scope.mountedImage(in: scope.pool().path)
                throw Stop()
            }
        }
        #expect(access(try #require(directory).string, F_OK) == -1)
    }

    @Test("the writer keeps its two files in order")
    func writerKeepsOrder() throws {
        try TestScope.with { scope in
            let image = try scope.mountedImage(in: scope.pool().path)
            let writer = try scope.writer(in: image.path)
            try writer.waitForProgress()
            try writer.stop()
            let (ahead, behind) = try #require(Writer.numbers(in: image.path))
            #expect(ahead - behind == 0 || ahead - behind == 1)
        }
    }

    @Test("nobody runs a tool without privileges, also from a hidden directory")
    func nobodyRuns() throws {
        try TestScope.with { scope in
            let hidden = try scope.freshDirectory("hidden", mode: 0o700)
            try Command.run("cp", ["/usr/bin/id", hidden.string])
            let tool = try scope.asNobody(Tool(executable: hidden.appending("id")))
            #expect(try tool.run(["-u"]).stdout == "65534\n")
            #expect(try tool.run(["-G"]).stdout == "65534\n")
            let sandbox = try scope.sandbox(asNobody: true)
            #expect(try sandbox.losnap.run(["--help"]).succeeded)
            // Without a sandbox, too, it has a place of its own for locks: nothing is left in /tmp.
            let losnap = try scope.asNobody(.losnap)
            let runtime = try #require(losnap.environment["LOSNAP_RUNTIME_DIR"])
            #expect(runtime.hasPrefix(scope.directory.string))
            #expect(try Command.run("stat", ["-c", "%u %a", runtime]) == "65534 700\n")
        }
    }
}
