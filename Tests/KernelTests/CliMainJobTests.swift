// The main job, as a user does it from the first snapshot to the last, on every pool and image that losnap is for. The rule: what a snapshot
// holds is proved from inside, under a writer, and by the fsck of its filesystem.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("The main job", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliMainJobTests {
    static let pools = [Filesystem.xfs, .btrfs]
    static let images = [Filesystem.xfs, .ext4, .btrfs]

    @Test("create, list, mount, prune and restore under a writer", arguments: pools, images)
    func mainJob(pool: Filesystem, image kind: Filesystem) throws {
        try CliScene.with(pool: pool, image: kind) { scene in
            let image = try #require(scene.mounted)
            try scene.scope.write("as it was", to: image.path.appending("letter"))
            let writer = try scene.scope.writer(in: image.path)

            // By mount point, by path, and by the name that the first has registered.
            let byMountPoint = try scene.sandbox.json("create", image.path.string, "--label", "first")["snapshot"]
            #expect(byMountPoint["number"] == 1 && byMountPoint["source"] == "home" && byMountPoint["consistency"] == "frozen")
            #expect(byMountPoint["image"] == .string(image.file.string))
            #expect(try scene.create() == 2)
            try writer.waitForProgress()
            #expect(try scene.sandbox.json("create", "home", "--hold=for good")["snapshot"]["held"] == true)
            #expect(try scene.create() == 4)
            try writer.waitForProgress()
            scene.expectNothingFrozen()

            for snapshot in try scene.listed() {
                #expect(snapshot["presence"] == "present" && snapshot["state"] == "complete")
                try Self.check(try #require(snapshot["path"].string), kind, in: scene)
            }
            try Self.lookInside(scene)

            // Held and newest stay, whatever the rules say; what goes is gone from the disk.
            let plan = try scene.sandbox.json("prune", "home", "--keep-label", "first", "--dry-run")["sources"][0]
            let done = try scene.sandbox.json("prune", "home", "--keep-label", "first")["sources"][0]
            #expect(plan["removed"].array?.map { $0["snapshot"]["number"] } == [2] && done["removed"].count == 1)
            #expect(try scene.numbers() == [1, 3, 4])
            #expect(try scene.files().count == 3)

            try Self.restore(scene, writer)
        }
    }

    /// Asserts that a snapshot is one instant of the writer's work, seen through `mount`, and that nothing stays of that.
    private static func lookInside(_ scene: CliScene) throws {
        let before = try scene.picture()
        let directory = try scene.scope.freshDirectory("inside")
        let mount = try scene.sandbox.json("mount", "home@first", directory.string)["mount"]
        #expect(mount["writable"] == false)
        #expect(try String(contentsOfFile: directory.appending("letter").string, encoding: .utf8) == "as it was")
        let (ahead, behind) = try #require(Writer.numbers(in: directory))
        #expect(ahead == behind || ahead == behind + 1)
        #expect(throws: Errno.readOnlyFileSystem) { try scene.scope.write("", to: directory.appending("other")) }
        #expect(try scene.sandbox.run("umount", directory.string).succeeded)
        try scene.expectUnchanged(since: before)
    }

    /// Asserts that restore refuses what is mounted, and then gives back what the snapshot has, safety first.
    private static func restore(_ scene: CliScene, _ writer: Writer) throws {
        let image = try #require(scene.mounted)
        try scene.expect(
            "restore", "1",
            refused: Refusal(75, "image_in_use", says: image.file.string, image.path.string, hint: "umount \(image.path)", "--to"))
        try writer.stop()
        try scene.scope.write("changed", to: image.path.appending("letter"))
        try image.mount.unmount()
        try image.device.detach()

        let report = try scene.sandbox.json("restore", "1")
        #expect(report["replaces"] == true && report["safety_snapshot"]["origin"] == "safety")
        #expect(try scene.sandbox.json("show", "5")["snapshot"]["consistency"] == "unmounted")
        let restored = try #require(scene.listed().first?["path"].string)
        #expect(try Command.outcome("cmp", [image.file.string, restored]).succeeded)
        let again = try scene.scope.mountImage(image.file, image.kind)
        #expect(try String(contentsOfFile: again.path.appending("letter").string, encoding: .utf8) == "as it was")
        let safety = try scene.scope.freshDirectory("safety")
        #expect(try scene.sandbox.run("mount", "5", safety.string).succeeded)
        #expect(try String(contentsOfFile: safety.appending("letter").string, encoding: .utf8) == "changed")
        #expect(try scene.sandbox.run("umount", safety.string).succeeded)
    }

    /// Asserts that the filesystem in a snapshot is sound, on a copy that shares its blocks. A copy of XFS replays its log first.
    private static func check(_ snapshot: String, _ kind: Filesystem, in scene: CliScene) throws {
        let copy = scene.pool.path.appending("copy.img")
        try Command.run("cp", ["--reflink=always", snapshot, copy.string])
        try Command.run("chmod", ["0600", copy.string])
        defer { unlink(copy.string) }
        switch kind {
        case .ext4:
            // A frozen ext4 has an empty journal, and is clean as it is.
            try Command.run("e2fsck", ["-fn", copy.string])
        case .btrfs:
            try Command.run("btrfs", ["check", "--readonly", copy.string])
        default:
            let device = try scene.scope.attach(copy)
            let mount = try scene.scope.mount(device.path, kind, options: "nouuid")
            try mount.unmount()
            try Command.run("xfs_repair", ["-n", device.path.string])
            try device.detach()
        }
    }
}
