// Pools that can hold clones and those that can't, and what a clone takes over from its image.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Freeze: pools and traits", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FreezePoolTests {
    @Test("a pool that can't share blocks is refused before any freeze", arguments: [Filesystem.ext4, .xfsWithoutReflink, .tmpfs])
    func cannotShare(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, pool: kind, image: .ext4)
            let outcome = try scene.clone(["--fail", "freeze:1:5"])
            #expect(outcome.stdout.contains("error cannot_share_blocks"), "\(outcome)")
            #expect(outcome.stdout.contains(kind == .xfsWithoutReflink ? "xfs made without reflink" : kind.rawValue))
            try scene.expectNoClone()
        }
    }

    @Test("a read-only pool, and a directory on another filesystem")
    func readOnlyAndElsewhere() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let other = try scope.pool()
            let probe = try Probe(scope)
            let image = try scope.image(in: pool.path, .ext4)
            let elsewhere = try probe.run(["clone", probe.runtime.string, image.string, other.path.appending("clone").string])
            #expect(elsewhere.stdout.contains("error different_filesystem"), "\(elsewhere)")
            try pool.mount.remount("ro")
            let readOnly = try probe.run(["clone", probe.runtime.string, image.string, pool.path.appending("clone").string])
            #expect(readOnly.stdout.contains("error read_only"), "\(readOnly)")
        }
    }

    @Test("a full pool: refused, nothing half there, the old clone untouched", arguments: [Filesystem.xfs, .btrfs])
    func full(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind, size: kind.smallSize)
            let probe = try Probe(scope)
            let image = try scope.image(in: pool.path, .ext4)
            let clones = ["first", "second"].map { pool.path.appending($0).string }
            #expect(try probe.run(["clone", probe.runtime.string, image.string, clones[0]]).succeeded)
            let before = try Command.run("md5sum", [clones[0]])
            for (file, block) in [("fill", "1M"), ("fill2", "4k")] {
                _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(pool.path)/\(file)", "bs=\(block)"])
            }
            let outcome = try probe.run(["clone", probe.runtime.string, image.string, clones[1]])
            // A clone needs some metadata only, for which there may still be room.
            #expect(outcome.succeeded || outcome.stdout.contains("error full"), "\(outcome)")
            #expect(outcome.succeeded == (access(clones[1], F_OK) == 0))
            #expect(try Command.run("md5sum", [clones[0]]) == before)
            #expect(try Command.run("md5sum", [image.string]).prefix(32) == before.prefix(32))
        }
    }

    @Test("no space in the middle of the frozen window: thawed, refused, nothing left", arguments: [28, 122, 5])
    func fullWhileFrozen(errno: Int) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let outcome = try scene.clone(["--fail", "cloneRange:2:\(errno)"])
            #expect(outcome.stdout.contains(errno == 5 ? "error input_output" : "error full"), "\(outcome)")
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("no-copy-on-write images on btrfs are cloned, and the clone is one too")
    func noCopyOnWrite() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(.btrfs)
            let probe = try Probe(scope)
            let file = pool.path.appending("vm.img")
            try Command.run("touch", [file.string])
            try Command.run("chattr", ["+C", file.string])
            try Command.run("truncate", ["-s", "64M", file.string])
            try Filesystem.ext4.make(on: file)
            let image = try scope.mountImage(file, .ext4)
            let writer = try scope.writer(in: image.path)
            let clone = pool.path.appending("clone")
            #expect(try probe.run(["clone", probe.runtime.string, file.string, clone.string]).stdout.contains("clone frozen"))
            try writer.stop()
            #expect(try Command.run("lsattr", [clone.string]).split(separator: " ")[0].contains("C"))
            try CloneCheck(scope, clone, .ext4).expectWhole()
        }
    }

    @Test("extent size hints and project id on XFS go along")
    func hints() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let probe = try Probe(scope)
            let file = pool.path.appending("home.img")
            try Command.run("touch", [file.string])
            try Command.run("xfs_io", ["-c", "extsize 1m", "-c", "cowextsize 256k", "-c", "chproj 42", file.string])
            try Command.run("truncate", ["-s", "64M", file.string])
            try Filesystem.ext4.make(on: file)
            let clone = pool.path.appending("clone")
            #expect(try probe.run(["clone", probe.runtime.string, file.string, clone.string]).succeeded)
            let shown = try Command.run("xfs_io", ["-r", "-c", "extsize", "-c", "cowextsize", "-c", "lsproj", clone.string])
            #expect(shown.contains("[1048576]") && shown.contains("[262144]") && shown.contains("projid = 42"), "\(shown)")
        }
    }
}
