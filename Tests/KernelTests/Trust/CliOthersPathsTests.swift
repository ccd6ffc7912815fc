// Paths that lead through what belongs to a local user, as one without rights can set them up. The rule: root follows no link of theirs, opens nothing of
// others', and gives nobody what he may not read; the hint is a command that works.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Paths of others", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliOthersPathsTests {
    private func refused(
        _ scene: FlipScene, _ arguments: [String], _ status: Int32, _ code: String, says words: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try scene.sandbox.losnap.run(arguments + ["--json"])
        let error = try JSONValue(parsing: outcome.stderr)["error"]
        let message = error["message"].string ?? ""
        #expect(
            outcome.status == .exited(status) && error["code"].string == code && (words.isEmpty || message.contains(words)),
            "\(outcome)", sourceLocation: sourceLocation)
    }

    @Test("restore --to through a link of a user is refused, and the user's own directory and a link of root's are not")
    func restoreTo() throws {
        try FlipScene.with { scene in
            try scene.register(scene.image(scene.ada.appending("vm.img"), of: FlipScene.ada, holding: "ada's"))
            let link = scene.ada.appending("pd")
            scene.link(link, to: scene.secret)
            let target = link.appending("new.img").string
            for extra in [[], ["--dry-run"]] {
                try refused(scene, ["restore", "ada@latest", "--to", target] + extra, 77, "link_of_another", says: link.string)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: scene.secret.string).isEmpty)
            lchown(link.string, 0, 0)
            #expect(try scene.sandbox.json("restore", "ada@latest", "--to", target)["path"].string == "\(scene.secret)/new.img")
            #expect(try scene.sandbox.run("restore", "ada@latest", "--to", "\(scene.ada)/new.img").succeeded)
        }
    }

    @Test(
        "a registered image that has become a link, a FIFO, a device or another's file is not opened, and nothing of it is kept",
        arguments: ["link", "link to root's", "fifo", "device", "directory link"])
    func replacedImage(what: String) throws {
        try FlipScene.with { scene in
            let place = scene.ada.appending("d")
            scene.directory(place)
            let image = try scene.image(place.appending("vm.img"), of: FlipScene.ada, holding: "ada's")
            try scene.register(image)
            _ = try scene.sandbox.json("create", "ada")
            let bobs = try scene.image(scene.bob.appending("vm.img"), of: FlipScene.bob, holding: "bob's")
            let roots = try scene.image(scene.secret.appending("vm.img"), of: 0, holding: "root's")
            unlink(image.string)
            let code: String
            switch what {
            case "link":
                scene.link(image, to: bobs)
                code = "link_of_another"
            case "link to root's":
                scene.link(image, to: roots)
                code = "link_of_another"
            case "fifo":
                scene.fifo(image)
                code = "not_an_image"
            case "device":
                mknod(image.string, S_IFCHR | 0o666, 5 << 8 | 2)
                code = "not_an_image"
            default:
                rmdir(place.string)
                scene.link(place, to: scene.bob)
                code = "link_of_another"
            }
            let watch = try TouchWatch([bobs, roots, scene.bob, scene.secret] + (what == "fifo" ? [image] : []))
            let status: Int32 = code == "not_an_image" ? 64 : 77
            try refused(scene, ["create", "ada"], status, code)
            try refused(scene, ["create", image.string], status, code)
            try refused(scene, ["restore", "1"], status, code)
            for command in [
                ["list"], ["show", "1"], ["check"], ["source", "list"], ["repair"], ["create", "ada", "--if-changed"],
                ["delete", "1", "--dry-run"], ["prune", "ada", "--keep-last", "1", "--dry-run"], ["run", "--dry-run"],
            ] {
                _ = try scene.sandbox.losnap.run(command)
            }
            #expect(watch.touched().isEmpty)
            #expect(try scene.sandbox.json("list")["snapshots"].array?.count == 2)
            // What is there is no source's any more; its snapshots are.
            #expect(try scene.sandbox.run("delete", "1").succeeded)
            #expect(watch.touched().isEmpty)
        }
    }

    @Test(
        "an image with an owner that it never had is refused where somebody else could have put it there, until root says that it is the one"
    )
    func otherOwner() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.ada.appending("vm.img"), of: FlipScene.ada, holding: "ada's")
            try scene.register(image)
            // What a user can do where fs.protected_hardlinks is off.
            let bobs = try scene.image(scene.bob.appending("vm.img"), of: FlipScene.bob, holding: "bob's")
            rename(image.string, scene.ada.appending("aside").string)
            link(bobs.string, image.string)
            try refused(scene, ["create", "ada"], 77, "image_owner_changed", says: "belongs to user \(FlipScene.bob)")
            try refused(scene, ["restore", "1"], 77, "image_owner_changed")
            unlink(image.string)
            rename(scene.ada.appending("aside").string, image.string)
            // Root gives it away.
            chown(image.string, FlipScene.bob, FlipScene.bob)
            let outcome = try scene.sandbox.run("create", "ada")
            let hint = try #require(Complaint(outcome).hints.first?.firstRange(of: "losnap source move")).lowerBound
            let command = try #require(Complaint(outcome).hints.first).suffix(from: hint).split(separator: " ").dropFirst().map(String.init)
            #expect(command == ["source", "move", "ada", "--image", image.string])
            #expect(try scene.sandbox.losnap.run(command).succeeded)
            #expect(try scene.sandbox.run("create", "ada").succeeded)
            // Both are known now: a restore of the first gives it back to ada.
            #expect(try scene.sandbox.run("restore", "1").succeeded)
            #expect(try scene.sandbox.run("create", "ada").succeeded)
        }
    }

    @Test("where only root can put an image, its owner may change")
    func ownPlace() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.secret.appending("vm.img"), of: FlipScene.ada, holding: "one")
            try scene.register(image)
            chown(image.string, 0, 0)
            #expect(try scene.sandbox.run("create", "ada").succeeded)
            chown(image.string, FlipScene.bob, 0)
            #expect(try scene.sandbox.run("create", "ada").succeeded)
        }
    }

    @Test("create, mount, source add, adopt and rebuild through a link of a user are refused")
    func links() throws {
        try FlipScene.with { scene in
            let mounted = try scene.scope.mountedImage(in: scene.pool.path, .ext4)
            _ = try scene.sandbox.json("create", mounted.file.string)
            let link = scene.ada.appending("link")
            scene.link(link, to: mounted.path)
            try refused(scene, ["create", link.string], 77, "link_of_another", says: link.string)
            try refused(scene, ["mount", "1", link.string], 77, "link_of_another", says: link.string)
            try refused(scene, ["umount", link.string], 77, "link_of_another", says: link.string)
            try refused(scene, ["source", "add", "x", link.string], 77, "link_of_another", says: link.string)
            let other = try scene.image(scene.secret.appending("other.img"), of: 0, holding: "root's")
            let image = scene.ada.appending("other.img")
            scene.link(image, to: other)
            try refused(scene, ["source", "add", "x", other.string, "--directory", link.string], 77, "link_of_another", says: link.string)
            let adopted = try scene.sandbox.run("repair", "--adopt", image.string, "--source", "home")
            #expect(!adopted.succeeded && adopted.stderr.contains(image.string), "\(adopted)")
            let catalogue = ["LOSNAP_CATALOGUE": scene.secret.appending("new.sqlite").string]
            let pool = scene.ada.appending("pool")
            scene.link(pool, to: scene.pool.path)
            let rebuilt = try scene.sandbox.run("repair", "--rebuild", pool.string, environment: catalogue)
            #expect(rebuilt.status == .exited(77) && rebuilt.stderr.contains(pool.string), "\(rebuilt)")
        }
    }

    @Test("a directory that a user has made where snapshots were to go: the hint leads on")
    func takenDirectory() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.sticky.appending("root.img"), of: 0, holding: "root's")
            scene.directory(scene.sticky.appending(".losnap"))
            let outcome = try scene.sandbox.run("create", image.string)
            #expect(outcome.status == .exited(77))
            let hint = try #require(Complaint(outcome).hints.first)
            let command = "losnap source add root \(image) --directory "
            #expect(hint.hasSuffix("\(command)DIR"), "\(hint)")
            let place = scene.pool.path.appending("place").string
            let words = try #require(hint.firstRange(of: command).map { hint[$0] }).split(separator: " ").dropFirst().map(String.init)
            #expect(try scene.sandbox.losnap.run(words + [place]).succeeded)
            #expect(try scene.sandbox.run("create", image.string).succeeded)
            // The same for one that is registered.
            let second = try scene.image(scene.sticky.appending("two.img"), of: 0, holding: "root's")
            #expect(try scene.sandbox.run("source", "add", "two", second.string).succeeded)
            let again = try #require(Complaint(try scene.sandbox.run("create", "two")).hints.first)
            #expect(again.hasSuffix("losnap source move two --directory DIR"), "\(again)")
            #expect(try scene.sandbox.run("source", "move", "two", "--directory", place + "2").succeeded)
            #expect(try scene.sandbox.run("create", "two").succeeded)
        }
    }

    @Test("repair removes a clone that a killed restore has left, and reports what else it has left")
    func hiddenClones() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.ada.appending("vm.img"), of: FlipScene.ada, holding: "ada's")
            try scene.register(image)
            func hidden() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: scene.ada.string).filter { $0.contains(".losnap-") }.sorted()
            }
            // Killed when the clone has its hidden name, and when the old image has it.
            for call in ["linkat", "renameat2"] {
                let process = try SteppedProcess(
                    scene.scope, scene.sandbox.losnap, ["restore", "1"], calls: "linkat,renameat2")
                while try process.next() {
                    if process.call.hasPrefix(call), process.call.contains(".vm.img.losnap-") { break }
                }
                #expect(process.call.hasPrefix(call), "\(process.call)")
                process.process.send(SIGKILL)
                _ = process.process.waitForEnd(within: .seconds(10))
            }
            #expect(try hidden().count == 2)
            let planted = scene.ada.appending(".vm.img.losnap-0123abcd")
            scene.fifo(planted)
            // A copy of the clone is no clone of ours.
            let copy = scene.ada.appending(".vm.img.losnap-0123abce")
            try Command.run("cp", ["-a", "--preserve=all", scene.ada.appending(hidden()[0]).string, copy.string])
            let steps = try scene.sandbox.json("repair", "--dry-run")["steps"].array ?? []
            #expect(steps.map { $0["kind"].string }.filter { $0 == "clone_removed" }.count == 1, "\(steps)")
            let before = try hidden()
            #expect(before.count == 4)
            let done = try scene.sandbox.json("repair")["steps"].array ?? []
            #expect(done.map { $0["kind"].string }.filter { $0 == "restore_left" }.count == 3, "\(done)")
            #expect(try hidden().count == 3)
            #expect(access(planted.string, F_OK) == 0 && access(copy.string, F_OK) == 0)
            // The image that the second restore had put in place has its mark still, and stays whatever it is called.
            #expect(try scene.text(image) == "ada's")
            #expect(try scene.sandbox.run("restore", "1").succeeded)
            #expect(!(try Command.outcome("getfattr", ["-n", "trusted.losnap.restore", image.string]).succeeded))
        }
    }

    @Test("locks of images that are gone do not pile up, and no lock is cleared away that somebody holds")
    func lockFiles() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.ada.appending("vm.img"), of: FlipScene.ada, holding: "ada's")
            try scene.register(image)
            for _ in 0..<3 { #expect(try scene.sandbox.run("restore", "1").succeeded) }
            let locks = scene.sandbox.runtime.appending("lock")
            func images() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: locks.string).filter { $0.hasPrefix("image-") }
            }
            #expect(try images().count <= 1)
            let held = try FileDescriptor.open(
                locks.appending("image-1-1"), .readWrite, options: .create, permissions: .ownerReadWrite)
            try scene.scope.write("", to: locks.appending("image-1-2"))
            #expect(flock(held.rawValue, LOCK_EX) == 0)
            #expect(try scene.sandbox.run("repair").succeeded)
            #expect(try images().contains("image-1-1") && !images().contains("image-1-2"))
            try held.close()
            #expect(try scene.sandbox.run("repair").succeeded)
            #expect(try !images().contains("image-1-1"))
        }
    }
}
