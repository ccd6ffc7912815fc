// A pool, a catalogue, or both on filesystems that are mounted read-only, as the kernel leaves them after an error. The rule: what only looks
// works, and so does what gives back where it can be written; all else says what is read-only and what to do, and changes nothing.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Read-only disks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliReadOnlyTests {
    /// A scene whose catalogue lies on a disk of its own, with two snapshots of an image that is not mounted any more.
    private func with(image kind: Filesystem = .ext4, _ body: (CliScene, Tool, Mount) throws -> Void) throws {
        try CliScene.with(image: kind) { scene in
            let disk = try scene.scope.pool(.ext4, size: 16 << 20)
            var losnap = scene.sandbox.losnap
            losnap.environment["LOSNAP_CATALOGUE"] = disk.path.appending("catalogue.sqlite").string
            let mounted = try #require(scene.mounted)
            try scene.scope.write("as it was", to: mounted.path.appending("letter"))
            for arguments in [["--label", "first"], []] {
                #expect(try losnap.run(["create", scene.image.string] + arguments).succeeded)
            }
            try mounted.mount.unmount()
            try mounted.device.detach()
            try body(scene, losnap, disk.mount)
        }
    }

    /// What works whatever is read-only.
    private func expectLooking(_ scene: CliScene, _ losnap: Tool, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let commands = [
            ["list"], ["show", "1"], ["log"], ["check"], ["source", "list"], ["thaw"], ["mount"], ["delete", "1", "--dry-run"],
            ["prune", "home", "--keep-last", "1", "--dry-run"], ["repair", "--dry-run"],
        ]
        for command in commands {
            let outcome = try losnap.run(command)
            #expect(outcome.succeeded && outcome.stderr.isEmpty, "\(command): \(outcome)", sourceLocation: sourceLocation)
        }
        let listed = try JSONValue(parsing: losnap.run(["list", "--json"]).stdout)["snapshots"].array ?? []
        #expect(listed.map { $0["number"] } == [1, 2], sourceLocation: sourceLocation)
        #expect(listed.allSatisfy { $0["presence"] == "present" && $0["state"] == "complete" }, sourceLocation: sourceLocation)
    }

    private func expectMount(_ scene: CliScene, _ losnap: Tool, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let directory = try scene.scope.freshDirectory("inside")
        let mounted = try losnap.run(["mount", "1", directory.string])
        #expect(mounted.succeeded, "\(mounted)", sourceLocation: sourceLocation)
        #expect(
            try String(contentsOfFile: directory.appending("letter").string, encoding: .utf8) == "as it was", sourceLocation: sourceLocation
        )
        let own = try JSONValue(parsing: losnap.run(["mount", "--json"]).stdout)["mounts"].array?
            .first { $0["directory"] == .string(directory.string) }
        #expect(own?["number"] == 1 && own?["writable"] == false, "\(String(describing: own))", sourceLocation: sourceLocation)
        // A child of another test may hold a descriptor of it until it comes to exec.
        var unmounted = try losnap.run(["umount", directory.string])
        for _ in 0..<50 where !unmounted.succeeded {
            usleep(100_000)
            unmounted = try losnap.run(["umount", directory.string])
        }
        #expect(unmounted.succeeded, "\(unmounted)", sourceLocation: sourceLocation)
    }

    @Test("a pool: looking inside works without a clone", arguments: CliMainJobTests.images)
    func pool(kind: Filesystem) throws {
        try with(image: kind) { scene, losnap, _ in
            let files = try scene.files()
            try scene.pool.mount.remount("ro")
            try expectLooking(scene, losnap)
            try expectMount(scene, losnap)
            let refusal = Refusal(69, "read_only", says: scene.pool.path.string, "read-only", hint: "mount it writable")
            let directory = try scene.scope.freshDirectory("writable").string
            let refused = [
                ["create", "home"], ["delete", "1"], ["hold", "1"], ["label", "1", "other"], ["tag", "1", "--add", "x"], ["restore", "1"],
                ["restore", "1", "--to", "\(scene.pool.path)/new.img"], ["mount", "1", directory, "--writable"],
            ]
            for command in refused {
                refusal.check(text: try losnap.run(command))
                try refusal.check(json: try losnap.run(command + ["--json"]))
            }
            let pruned = try losnap.run(["prune", "home", "--keep-last", "1"])
            #expect(pruned.status == .exited(69) && Complaint(pruned).errors.count == 1, "\(pruned)")
            // To another disk an image is copied, as the hint says.
            let elsewhere = try scene.scope.freshDirectory("elsewhere")
            let restored = try losnap.run(["restore", "1", "--to", "\(elsewhere)/new.img"])
            Refusal(69, "different_filesystem", says: elsewhere.string, hint: "cp --sparse=always").check(text: restored)
            let copy = try #require(Complaint(restored).hints.last?.firstMatch(of: /cp --sparse.*$/)).output
            try Command.run("sh", ["-c", String(copy)])
            let snapshot = scene.snapshots.appending(try #require(files.first))
            #expect(try Command.outcome("cmp", ["\(elsewhere)/new.img", snapshot.string]).succeeded)

            try scene.pool.mount.remount("rw")
            #expect(try scene.files() == files)
            #expect(try losnap.run(["repair"]).stdout == "all is well\n")
            #expect(try losnap.run(["create", "home"]).succeeded)
            scene.expectNothingFrozen()
        }
    }

    @Test("a catalogue: an image that is not there can be made, and is not logged")
    func catalogue() throws {
        try with { scene, losnap, disk in
            let files = try scene.files()
            try disk.remount("ro")
            try expectLooking(scene, losnap)
            try expectMount(scene, losnap)
            let new = scene.pool.path.appending("new.img")
            let snapshot = scene.snapshots.appending(try #require(files.first))
            let restored = try losnap.run(["restore", "1", "--to", new.string])
            #expect(restored.succeeded, "\(restored)")
            let warnings = Complaint(restored).warnings
            #expect(warnings.count == 1 && warnings.first?.contains("its filesystem is read-only") == true, "\(restored)")
            #expect(try Command.outcome("cmp", [new.string, snapshot.string]).succeeded)
            // An image that is gone, too; one that is there would need a safety snapshot.
            let image = try Data(contentsOf: URL(fileURLWithPath: scene.image.string))
            let refusal = Refusal(77, "catalogue_not_writable", says: disk.path.string, "read-only", hint: "mount it writable")
            let refused = [
                ["restore", "1"], ["create", "home"], ["delete", "1"], ["hold", "1"], ["release", "1"], ["label", "1", "other"],
                ["tag", "1", "--add", "x"], ["prune", "home", "--keep-last", "1"], ["repair"], ["source", "rename", "home", "house"],
            ]
            for command in refused {
                refusal.check(text: try losnap.run(command))
                try refusal.check(json: try losnap.run(command + ["--json"]))
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: scene.image.string)) == image)
            unlink(scene.image.string)
            let again = try losnap.run(["restore", "1", "--json"])
            #expect(again.succeeded && again.stdout.contains("\"not_logged\""), "\(again)")
            #expect(try Command.outcome("cmp", [scene.image.string, snapshot.string]).succeeded)

            try disk.remount("rw")
            #expect(try scene.files() == files)
            #expect(try losnap.run(["repair"]).stdout == "all is well\n")
            #expect(try losnap.run(["create", "home"]).succeeded)
            scene.expectNothingFrozen()
        }
    }

    @Test("both: what only looks still works")
    func both() throws {
        try with { scene, losnap, disk in
            let files = try scene.files()
            try disk.remount("ro")
            try scene.pool.mount.remount("ro")
            try expectLooking(scene, losnap)
            try expectMount(scene, losnap)
            for (command, path) in [
                (["restore", "1", "--to", "\(scene.pool.path)/new.img"], scene.pool.path),
                (["create", "home"], disk.path), (["prune", "home", "--keep-last", "1"], disk.path), (["delete", "1"], disk.path),
            ] {
                let outcome = try losnap.run(command)
                #expect(outcome.status == .exited(path == disk.path ? 77 : 69), "\(command): \(outcome)")
                let complaint = Complaint(outcome)
                #expect(
                    complaint.errors.count == 1 && complaint.errors[0].contains(path.string) && complaint.errors[0].contains("read-only"))
                #expect(complaint.hints.first?.contains("mount it writable") == true)
            }
            for mount in [disk, scene.pool.mount] { try mount.remount("rw") }
            #expect(try scene.files() == files)
            #expect(try losnap.run(["create", "home"]).succeeded)
        }
    }
}
