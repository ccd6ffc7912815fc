// Bad input: the pool is there, the snapshot directory is not. Whether a mount is missing or somebody removed it can't be told, so nothing is
// lost until somebody says so: what an unmounted subvolume leaves behind has the pool's UUID, too.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Bad input: snapshot directories that are not there", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliMissingDirectoryTests {
    /// Where something else of the pool is mounted, and what it is that is missing then.
    struct Place: Sendable, CustomTestStringConvertible {
        let pool: Filesystem
        let path: String
        let code: String
        var testDescription: String { "\(pool.rawValue) \(path)" }
    }

    /// Mounts a part of the pool, a subvolume or another directory, at a new directory of the pool.
    private func mountPart(of scene: CliScene, at path: FilePath) throws -> Mount {
        let part = scene.pool.path.appending("part")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        try Command.run("chmod", ["0700", path.string])
        if scene.pool.kind == .btrfs {
            try Command.run("btrfs", ["subvolume", "create", part.string])
            return try scene.scope.mount(try #require(scene.pool.device).path, .btrfs, at: path, options: "subvol=part")
        }
        try FileManager.default.createDirectory(atPath: part.string, withIntermediateDirectories: false)
        return try scene.scope.bindMount(part, at: path)
    }

    @Test(
        "a subvolume or bind mount is missing: unavailable, and nothing is removed, forgotten or made in its place",
        arguments: [
            Place(pool: .btrfs, path: ".losnap", code: "directory_missing"),
            Place(pool: .btrfs, path: ".losnap/home", code: "directory_not_marked"),
            Place(pool: .xfs, path: ".losnap", code: "directory_missing"),
            Place(pool: .xfs, path: ".losnap/home", code: "directory_not_marked"),
        ])
    func notMounted(place: Place) throws {
        try CliScene.with(pool: place.pool, image: nil) { scene in
            let mount = try mountPart(of: scene, at: scene.pool.path.pushing(FilePath(place.path)))
            for _ in 1...3 { try scene.create() }
            let files = try scene.files()
            try mount.unmount()

            #expect(try scene.listed().map { $0["presence"] } == ["unavailable", "unavailable", "unavailable"])
            #expect(try scene.sandbox.json("source", "list")["sources"][0]["presence"] == "unavailable")
            let refusal = Refusal(69, place.code, says: scene.snapshots.string, hint: "mount what belongs there")
            for command in [
                ["delete", "1"], ["delete", "1", "2", "3"], ["delete", "1", "--dry-run"], ["hold", "1"], ["restore", "1"],
                ["restore", "1", "--to", "\(scene.pool.path)/new.img"], ["mount", "1", "\(scene.pool.path)/part"], ["create", "home"],
                ["repair", "--adopt", scene.image.string, "--source", "home"],
            ] {
                try scene.expect(command, by: scene.sandbox.losnap, refused: refusal)
            }
            let shown = try scene.sandbox.run("show", "1").stdout
            #expect(shown.contains("unavailable") && shown.contains("mount what belongs there"), "\(shown)")
            let before = try scene.picture()
            let prune = try scene.sandbox.run("prune", "home", "--keep-last", "1")
            #expect(prune.status == .exited(69) && prune.stderr.contains(scene.snapshots.string), "\(prune.stderr)")
            for arguments in [["repair"], ["repair", "--forget"], ["repair", "--forget", "--dry-run"]] {
                let repair = try scene.sandbox.losnap.run(arguments)
                #expect(repair.succeeded && repair.stdout.contains("home: 3 snapshots unavailable, left alone: \(scene.snapshots)"))
                #expect(repair.stdout.split(separator: "\n").count == 2, "\(repair.stdout)")
            }
            #expect(try scene.sandbox.json("repair")["steps"].array?.map { $0["kind"] } == ["unavailable", "unavailable", "unavailable"])
            try scene.expectUnchanged(since: before)
            let made = try Command.run("find", [scene.pool.path.appending(".losnap").string, "-mindepth", "1"])
            #expect(made == (place.path == ".losnap" ? "" : "\(scene.snapshots)\n"))

            try mount.mountAgain()
            #expect(try scene.files() == files)
            #expect(try scene.listed().allSatisfy { $0["presence"] == "present" })
            #expect(try scene.sandbox.run("repair").stdout == "all is well\n")
            #expect(try scene.create() == 4)
        }
    }

    @Test("forgotten by mistake: mounted again, repair takes all in again, holds and labels included", arguments: [Filesystem.btrfs, .xfs])
    func forgotten(kind: Filesystem) throws {
        try CliScene.with(pool: kind, image: nil) { scene in
            let mount = try mountPart(of: scene, at: scene.pool.path.appending(".losnap"))
            try scene.create("--label", "first", "--tag", "t")
            for _ in 1...2 { try scene.create() }
            _ = try scene.sandbox.json("hold", "2", "--reason", "the good one")
            let before = try scene.listed()
            try mount.unmount()
            let dry = try scene.sandbox.run("repair", "home", "--forget", "--dry-run")
            #expect(dry.stdout.contains("would be forgotten") && dry.succeeded)
            #expect(try scene.numbers() == [1, 2, 3])
            let forgotten = try scene.sandbox.json("repair", "--forget", "home")["steps"].array ?? []
            #expect(forgotten.map { $0["kind"] } == ["forgotten", "forgotten", "forgotten"])
            #expect(try scene.numbers() == [])
            #expect(try scene.sandbox.json("source", "list")["sources"][0]["presence"] == "missing")
            // Also when the next ones go elsewhere by now.
            let other = scene.pool.path.appending("other").string
            #expect(try scene.sandbox.run("source", "move", "home", "--directory", other).succeeded)
            try mount.mountAgain()
            let repaired = try scene.sandbox.run("repair")
            #expect(repaired.stdout.split(separator: "\n").count == 3 && repaired.stdout.contains("adopted"), "\(repaired.stdout)")
            #expect(try scene.listed() == before)
            #expect(try scene.create() == 4)
        }
    }

    @Test("another filesystem in the place of the pool: never forgotten")
    func otherFilesystem() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            try scene.pool.mount.unmount()
            for arguments in [["repair", "--forget"], ["repair", "--forget", "home"]] {
                let repair = try scene.sandbox.losnap.run(arguments)
                #expect(repair.succeeded && repair.stdout.contains("2 snapshots unavailable, left alone"), "\(repair.stdout)")
            }
            try scene.pool.mount.mountAgain()
            #expect(try scene.listed().map { $0["presence"] } == ["present", "present"])
        }
    }

    @Test("removed by hand: unavailable until repair is told to forget it, or new ones go elsewhere")
    func removed() throws {
        try CliScene.with { scene in
            for _ in 1...2 { try scene.create() }
            try Command.run("chattr", ["-R", "-i", scene.snapshots.string])
            try Command.run("rm", ["-rf", scene.snapshots.string])
            #expect(try scene.listed().map { $0["presence"] } == ["unavailable", "unavailable"])
            let refusal = Refusal(
                69, "directory_missing", says: scene.snapshots.string, "not there", hint: "if it was deleted: losnap repair --forget home")
            try scene.expect("create", "home", refused: refusal)
            try scene.expect("delete", "1", refused: refusal)
            #expect(!FileManager.default.fileExists(atPath: scene.snapshots.string))
            let other = scene.pool.path.appending("other").string
            #expect(try scene.sandbox.run("source", "move", "home", "--directory", other).succeeded)
            #expect(try scene.create() == 3)
            #expect(try scene.listed().map { $0["presence"] } == ["unavailable", "unavailable", "present"])
            #expect(try scene.sandbox.run("prune", "home", "--keep-last", "1").status == .exited(69))
            #expect(try scene.numbers() == [1, 2, 3])

            let hint = try #require(Complaint(scene.sandbox.run("delete", "1")).hints.last)
            let command = try #require(hint.split(separator: ": losnap ").last).split(separator: " ").map(String.init)
            #expect(try scene.sandbox.losnap.run(command).succeeded)
            #expect(try scene.numbers() == [3])
            #expect(try scene.sandbox.run("source", "move", "home", "--directory", scene.snapshots.string).succeeded)
            #expect(try scene.create() == 4)
            #expect(try scene.files().count == 1)
        }
    }

    @Test("a new source does not take the directory of a removed one that is not there now")
    func removedSource() throws {
        try CliScene.with(image: nil) { scene in
            let mount = try mountPart(of: scene, at: scene.pool.path.appending(".losnap"))
            try scene.create()
            try mount.unmount()
            #expect(try scene.sandbox.run("source", "remove", "home", "--keep-snapshots").succeeded)
            #expect(try scene.create() == 2)
            #expect(try scene.listed().map { $0["presence"] } == ["unavailable", "present"])
            #expect(!FileManager.default.fileExists(atPath: scene.snapshots.string))
        }
    }
}
