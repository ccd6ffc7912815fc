// Bad input: the pool can't hold snapshots. Nothing half is there afterwards, and what was there before is untouched.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Bad input: pools", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliBadPoolTests {
    @Test("a pool that can't share blocks: say which can", arguments: [Filesystem.ext4, .tmpfs, .xfsWithoutReflink])
    func cannotShare(kind: Filesystem) throws {
        try CliScene.with(pool: kind, image: nil, poolSize: kind == .xfsWithoutReflink ? nil : 64 << 20) { scene in
            try scene.expect(
                "create", scene.image.string,
                refused: Refusal(
                    69, "cannot_share_blocks", says: scene.pool.path.string, hint: "XFS", "btrfs"))
            // Nothing is left that would be in the way when the image has been moved to a better pool.
            let better = try scene.scope.pool()
            try Command.run("mv", [scene.image.string, better.path.string])
            let again = try scene.sandbox.run("create", better.path.appending("home.img").string)
            #expect(again.succeeded, "\(again.stderr)")
        }
    }

    @Test("a snapshot directory on another filesystem")
    func otherFilesystem() throws {
        try CliScene.with { scene in
            let other = try scene.scope.pool(.btrfs)
            let directory = "\(other.path)/snapshots"
            let refusal = Refusal(69, "different_filesystem", says: "\(other.path)", scene.image.string, hint: "on one filesystem")
            try scene.expect("source", "add", "home", scene.image.string, "--directory", directory, refused: refusal)
            #expect(try scene.sandbox.run("source", "add", "home", scene.image.string).succeeded)
            try scene.expect("source", "move", "home", "--directory", directory, refused: refusal)
            // Of an image that is not there it can't be told; create tells it.
            let aside = scene.pool.path.appending("aside").string
            rename(scene.image.string, aside)
            #expect(try scene.sandbox.run("source", "list").stdout.contains("image missing"))
            #expect(try scene.sandbox.json("source", "list")["sources"][0]["image_present"] == false)
            #expect(try scene.sandbox.run("source", "move", "home", "--directory", directory).succeeded)
            rename(aside, scene.image.string)
            #expect(try scene.sandbox.run("source", "list").stdout.contains(" ok "))
            try scene.expect("create", "home", refused: refusal)
            #expect(try FileManager.default.contentsOfDirectory(atPath: other.path.string).isEmpty)
        }
    }

    @Test("a read-only pool")
    func readOnly() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let file = try #require(scene.files().first)
            try scene.pool.mount.remount("ro")
            try scene.expect(
                "create", "home", refused: Refusal(69, "read_only", says: scene.pool.path.string, "read-only", hint: "writable"))
            try scene.expect("delete", "1", refused: Refusal(69, "read_only", says: scene.pool.path.string, "read-only", hint: "writable"))
            try scene.expect("hold", "1", refused: Refusal(69, "read_only", says: scene.pool.path.string, "read-only", hint: "writable"))
            try scene.pool.mount.remount("rw")
            #expect(try scene.files() == [file])
            #expect(try scene.numbers() == [1])
            try scene.create()
        }
    }

    @Test("a full pool: nothing half is there, and prune makes room", arguments: [Filesystem.xfs, .btrfs])
    func full(kind: Filesystem) throws {
        try CliScene.with(pool: kind, image: .ext4, poolSize: kind.smallSize) { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            try Command.run("dd", ["if=/dev/urandom", "of=\(image.path)/data", "bs=1M", "count=20", "status=none", "conv=fsync"])
            try scene.create()
            let before = try scene.files()
            // Fragments as small as they come, until the last block: a clone of many extents needs room for their map.
            _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(scene.pool.path)/filler", "bs=1M", "status=none"], within: .seconds(120))
            _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(scene.pool.path)/filler2", "bs=4k", "status=none"], within: .seconds(60))
            var made = 0
            var refused: Outcome?
            while refused == nil, made < 40 {
                let outcome = try scene.sandbox.run("create", "home")
                if outcome.succeeded { made += 1 } else { refused = outcome }
            }
            if let refused {
                // The pool itself, or the filesystem in the image, which could not write into the full pool any more.
                let isPool = refused.status == .exited(73)
                (isPool
                    ? Refusal(73, "full", says: scene.pool.path.string, "no space left", hint: "losnap prune")
                    : Refusal(74, "input_output", says: image.path.string, hint: "pool is full")).check(text: refused)
            }
            scene.expectNothingFrozen()
            let listed = try scene.listed()
            #expect(listed.count == 2 + made && listed.allSatisfy { $0["presence"] == "present" && $0["state"] == "complete" })
            let files = try scene.files()
            #expect(Set(before).isSubset(of: Set(files)) && files.count == 2 + made)
            let pruned = try scene.sandbox.run("prune", "home", "--keep-last", "1")
            #expect(pruned.succeeded, "\(pruned.stderr)")
            #expect(try scene.files().count == 1)
        }
    }

    @Test("a pool that is not mounted: unavailable, not lost, and nothing is removed")
    func notMounted() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...3 { try scene.create() }
            let files = try scene.files()
            try scene.pool.mount.unmount()
            #expect(try scene.listed().map { $0["presence"] } == ["unavailable", "unavailable", "unavailable"])
            #expect(try scene.sandbox.run("list").stdout.contains("unavailable"))
            #expect(try scene.sandbox.run("source", "list").stdout.contains("unavailable"))
            let refusal = Refusal(69, "unavailable", says: scene.pool.path.string, hint: "mount")
            try scene.expect("delete", "1", refused: refusal)
            try scene.expect("hold", "1", refused: refusal)
            try scene.expect("restore", "1", refused: refusal)
            let prune = try scene.sandbox.run("prune", "home", "--keep-last", "1")
            #expect(prune.status == .exited(69), "\(prune.stderr)")
            #expect(Complaint(prune).errors.first?.contains(scene.pool.path.string) == true && Complaint(prune).hints.count == 1)
            let repair = try scene.sandbox.run("repair", "--forget")
            #expect(repair.stdout.contains("unavailable"), "\(repair.stdout)\(repair.stderr)")
            let create = try scene.sandbox.run("create", "home")
            Refusal(66, "no_such_file", says: scene.image.string, hint: "check the path").check(text: create)
            // Nor is anything made in the directory that the pool should cover.
            #expect(try FileManager.default.contentsOfDirectory(atPath: scene.pool.path.string).isEmpty)
            try scene.pool.mount.mountAgain()
            #expect(try scene.files() == files)
            #expect(try scene.numbers() == [1, 2, 3])
            #expect(try scene.listed().allSatisfy { $0["presence"] == "present" })
        }
    }

    @Test("another pool in the place of the right one is left alone")
    func otherPool() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            try scene.pool.mount.unmount()
            let wrong = try scene.scope.pool()
            let there = try scene.scope.bindMount(wrong.path, at: scene.pool.path)
            _ = try scene.scope.plainImage(in: wrong.path)
            let outcome = try scene.sandbox.run("create", "home")
            Refusal(69, "pool_changed", says: "'home'", hint: "losnap source move home --image").check(text: outcome)
            #expect(try scene.sandbox.run("prune", "home", "--keep-last", "1").status == .exited(69))
            #expect(!FileManager.default.fileExists(atPath: wrong.path.appending(".losnap").string))
            try there.unmount()
            try scene.pool.mount.mountAgain()
            #expect(try scene.numbers() == [1, 2])
            #expect(try scene.files().count == 2)
        }
    }

    @Test("a nodatacow image on btrfs keeps that in its snapshot and when restored")
    func nodatacow() throws {
        try CliScene.with(pool: .btrfs, image: nil) { scene in
            unlink(scene.image.string)
            try scene.scope.makeSparseFile(scene.image, size: 0)
            try Command.run("chattr", ["+C", scene.image.string])
            try scene.scope.write(String(repeating: "x", count: 300_000), to: scene.image)
            try scene.create()
            let snapshot = try #require(scene.listed().first?["path"].string)
            let copy = scene.pool.path.appending("copy.img")
            #expect(try scene.sandbox.run("restore", "1", "--to", copy.string).succeeded)
            for path in [snapshot, copy.string] {
                #expect(try Command.run("lsattr", [path]).split(separator: " ").first?.contains("C") == true)
                #expect(try Command.outcome("cmp", [path, scene.image.string]).succeeded)
            }
        }
    }
}
