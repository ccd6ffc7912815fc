// Giving back: looking inside, a whole image, a deleted image, a lost catalogue. The rule: the snapshot itself is never changed, nothing is
// overwritten that was not saved first, and nothing is left behind.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Giving back", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliLookAndRestoreTests {
    @Test("a writable scratch clone is gone at umount, beside its mounted original", arguments: CliMainJobTests.images)
    func writable(kind: Filesystem) throws {
        try CliScene.with(image: kind) { scene in
            let image = try #require(scene.mounted)
            try scene.scope.write("as it was", to: image.path.appending("letter"))
            try scene.create()
            let path = try #require(scene.listed()[0]["path"].string)
            let sum = try Command.run("sha256sum", [path])
            let before = try scene.picture()
            let directory = try scene.scope.freshDirectory("inside")
            #expect(try scene.sandbox.json("mount", "1", directory.string, "--writable")["mount"]["writable"] == true)
            try scene.scope.write("scribbled", to: directory.appending("letter"))
            #expect(try scene.sandbox.json("mount")["mounts"].array?.contains { $0["directory"] == .string(directory.string) } == true)
            try Command.run("sync", [])
            #expect(try String(contentsOfFile: image.path.appending("letter").string, encoding: .utf8) == "as it was")

            let second = try scene.sandbox.run("mount", "1", directory.string)
            Refusal(75, "scratch_in_the_way", says: directory.string, hint: "losnap umount").check(text: second)
            let file = try FileDescriptor.open(directory.appending("letter"), .readOnly)
            let busy = try file.closeAfter { try scene.sandbox.run("umount", directory.string) }
            Refusal(75, "mount_busy", says: directory.string, hint: "fuser").check(text: busy)
            #expect(try scene.sandbox.run("umount", directory.string).succeeded)
            try scene.expectUnchanged(since: before)
            #expect(try Command.run("sha256sum", [path]) == sum)
        }
    }

    @Test("mount and umount refuse what is not theirs")
    func refusals() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let file = scene.scope.freshPath("file").string
            try scene.scope.write("", to: FilePath(file))
            try scene.expect("mount", "1", file, refused: Refusal(64, "not_a_directory", says: file, hint: "mkdir"))
            try scene.expect("mount", "1", "\(file)-no", refused: Refusal(64, "not_a_directory", says: "\(file)-no", hint: "mkdir"))
            try scene.expect("mount", "1", refused: Refusal(64, "usage", says: "directory", hint: "losnap mount --help"))
            try scene.expect(
                "umount", image.path.string, refused: Refusal(64, "not_a_scratch_mount", says: image.path.string, hint: "umount(8)"))
        }
    }

    @Test("a deleted image comes back with its owner and mode; --to never overwrites")
    func deletedImage() throws {
        try CliScene.with(image: nil) { scene in
            chown(scene.image.string, 1234, 4321)
            chmod(scene.image.string, 0o640)
            try scene.create()
            let content = try String(contentsOfFile: scene.image.string, encoding: .utf8)
            unlink(scene.image.string)
            let plan = try scene.sandbox.json("restore", "1", "--dry-run")
            #expect(plan["dry_run"] == true && plan["replaces"] == false && plan["takes_safety_snapshot"] == false)
            #expect(!FileManager.default.fileExists(atPath: scene.image.string))
            #expect(try scene.sandbox.json("restore", "1")["safety_snapshot"] == .null)
            #expect(try String(contentsOfFile: scene.image.string, encoding: .utf8) == content)
            #expect(try Command.run("stat", ["-c", "%u %g %a", scene.image.string]) == "1234 4321 640\n")

            try scene.expect(
                "restore", "1", "--to", scene.image.string,
                refused: Refusal(64, "file_exists", says: scene.image.string, "not overwritten", hint: "another path"))
            let elsewhere = try scene.scope.freshDirectory("elsewhere")
            let refusal = Refusal(69, "different_filesystem", says: elsewhere.string, hint: "snapshot's filesystem", "cp --sparse=always")
            try scene.expect("restore", "1", "--to", "\(elsewhere)/a.img", refused: refusal)
            try scene.expect("restore", "1", "--to", "\(elsewhere)/a.img", "--dry-run", refused: refusal)
            let hint = try #require(Complaint(scene.sandbox.run("restore", "1", "--to", "\(elsewhere)/a.img")).hints.last)
            let copy = try #require(hint.firstMatch(of: /cp --sparse.*$/)).output
            try Command.run("sh", ["-c", String(copy)])
            #expect(try String(contentsOfFile: "\(elsewhere)/a.img", encoding: .utf8) == content)
            try scene.expect(
                "restore", "1", "--to", "\(scene.pool.path)/no/a.img",
                refused: Refusal(66, "no_such_file", says: "\(scene.pool.path)/no", hint: ""))
        }
    }

    @Test("restore refuses an image with several names, or with the immutable flag")
    func restoreRefusals() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let link = "\(scene.image).link"
            try Command.run("ln", [scene.image.string, link])
            try scene.expect("restore", "1", refused: Refusal(1, "image_has_links", says: scene.image.string, "2 names", hint: "--to"))
            unlink(link)
            try Command.run("chattr", ["+i", scene.image.string])
            try scene.expect("restore", "1", refused: Refusal(77, "image_protected", says: scene.image.string, hint: "chattr -i"))
            try Command.run("chattr", ["-i", scene.image.string])
            #expect(try scene.sandbox.run("restore", "1").succeeded)
        }
    }

    @Test("a lost catalogue is rebuilt from the files alone, holds, labels and groups included")
    func rebuild() throws {
        try CliScene.with(image: nil) { scene in
            let mail = try scene.scope.plainImage("mail.img", in: scene.pool.path).string
            #expect(try scene.sandbox.run("create", scene.image.string, mail, "--label", "pair").succeeded)
            try scene.create("--tag", "t", "--hold=for good")
            let before = try scene.sandbox.json("list")["snapshots"]
            for end in ["", "-wal", "-shm", ".reserve"] { unlink(scene.sandbox.catalogue.string + end) }
            #expect(try scene.numbers() == [])
            let report = try scene.sandbox.json("repair", "--rebuild", scene.pool.path.string)
            #expect(report["snapshot_count"] == 3 && report["sources"].count == 2)
            #expect(try scene.sandbox.json("list")["snapshots"] == before)
            #expect(try scene.sandbox.run("repair").stdout == "all is well\n")
            #expect(try scene.create() == 4)
            let again = try scene.sandbox.run("repair", "--rebuild", scene.pool.path.string)
            Refusal(1, "catalogue_in_use", says: scene.sandbox.catalogue.string, hint: "move the catalogue away").check(text: again)
        }
    }

    @Test("what a killed losnap left frozen is thawed by the next one, and by losnap thaw")
    func thaw() throws {
        try CliScene.with { scene in
            try scene.create()
            #expect(try scene.sandbox.run("thaw").stdout == "nothing was left frozen\n")
            #expect(try scene.sandbox.json("thaw")["filesystems"] == [])
        }
    }
}
