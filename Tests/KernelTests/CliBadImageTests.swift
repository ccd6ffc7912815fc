// Bad input: what is named is no image, or no name. Each is refused with a sentence and a hint, and changes nothing.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Bad input: images and names", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliBadImageTests {
    @Test("no such image")
    func noSuchImage() throws {
        try CliScene.with(image: nil) { scene in
            let path = scene.pool.path.appending("hoem.img").string
            try scene.expect("create", path, refused: Refusal(66, "no_such_file", says: path, "no such file", hint: "check the path"))
            try scene.expect("source", "add", "a", path, refused: Refusal(66, "no_such_file", says: path, hint: "check the path"))
        }
    }

    @Test("no such source, with the nearest name")
    func noSuchSource() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            for command in [["create"], ["list"], ["prune", "--keep-last", "1"], ["source", "remove"], ["log"]] {
                try scene.expect(
                    command + ["hoem"], by: scene.sandbox.losnap,
                    refused: Refusal(66, "unknown_source", says: "'hoem'", hint: "did you mean home?"))
            }
            try scene.expect("show", "hoem@latest", refused: Refusal(66, "unknown_source", says: "'hoem'", hint: "did you mean home?"))
            try scene.expect(
                "create", "zzzzzz", refused: Refusal(66, "unknown_source", says: "'zzzzzz'", hint: "losnap source list", "slash"))
        }
    }

    @Test("a directory that is no mount point")
    func directory() throws {
        try CliScene.with { scene in
            let path = try #require(scene.mounted).path
            try FileManager.default.createDirectory(atPath: path.appending("docs").string, withIntermediateDirectories: false)
            try scene.expect(
                "create", path.appending("docs").string,
                refused: Refusal(64, "not_a_mount_point", says: "\(path)/docs", "\(path)", hint: "\(path)"))
            let elsewhere = try scene.scope.freshDirectory("plain")
            try scene.expect(
                "create", elsewhere.string, refused: Refusal(64, "not_a_mount_point", says: elsewhere.string, hint: "image file"))
        }
    }

    @Test("a mount point that is on no image")
    func notOnAnImage() throws {
        try CliScene.with(image: nil) { scene in
            let tmpfs = try scene.scope.pool(.tmpfs, size: 1 << 20)
            try scene.expect(
                "create", tmpfs.path.string, refused: Refusal(64, "not_on_an_image", says: tmpfs.path.string, hint: "image file"))
        }
    }

    @Test("a device, a fifo", arguments: ["/dev/zero", "device", "fifo"])
    func notAFile(what: String) throws {
        try CliScene.with(image: nil) { scene in
            var path = what
            if what == "device" { path = try #require(scene.pool.device).path.string }
            if what == "fifo" {
                path = scene.scope.freshPath("fifo").string
                mkfifo(path, 0o600)
            }
            try scene.expect(
                "create", path, refused: Refusal(64, "not_an_image", says: path, "not an image file", hint: "image file itself"))
        }
    }

    @Test("an empty file")
    func empty() throws {
        try CliScene.with(image: nil) { scene in
            let path = scene.pool.path.appending("empty.img")
            try scene.scope.makeSparseFile(path, size: 0)
            try scene.expect(
                "create", path.string, refused: Refusal(64, "empty_image", says: path.string, "empty", hint: "make a filesystem"))
        }
    }

    @Test("an unreadable file")
    func unreadable() throws {
        try CliScene.with(image: nil) { scene in
            let nobody = try scene.scope.sandbox(asNobody: true)
            chmod(scene.image.string, 0o600)
            try scene.expect(
                ["create", scene.image.string], by: nobody.losnap,
                refused: Refusal(77, "not_permitted", says: scene.image.string, hint: "run losnap as root, or as the owner"))
        }
    }

    @Test("not root for a mounted image")
    func notRoot() throws {
        try CliScene.with { scene in
            let nobody = try scene.scope.sandbox(asNobody: true)
            let own = try scene.scope.freshDirectory("own")
            chmod(scene.image.string, 0o644)
            chmod(scene.pool.path.string, 0o777)
            _ = own
            let refusal = Refusal(77, "needs_root", says: "root", hint: "as root")
            chown(scene.image.string, TestScope.nobody, TestScope.nobody)
            chown(scene.pool.path.string, TestScope.nobody, TestScope.nobody)
            chmod(scene.pool.path.string, 0o755)
            try scene.expect(["create", scene.image.string], by: nobody.losnap, refused: refusal)
        }
    }

    @Test(
        "names that can't be",
        arguments: ["a/b", "..", "-x", ".hidden", "a b", "a\u{1B}[31mb", "a\nb", "", String(repeating: "n", count: 300)])
    func names(name: String) throws {
        try CliScene.with(image: nil) { scene in
            let before = try scene.picture()
            let outcome = try scene.sandbox.run("source", "add", "--", name, scene.image.string)
            Refusal(64, "invalid_source_name", says: "can't be the name of a source", hint: "letters, digits").check(text: outcome)
            #expect(!outcome.stderr.contains("\u{1B}") && outcome.stderr.utf8.count < 600)
            try scene.expectUnchanged(since: before)
            try scene.create()
            let renamed = try scene.sandbox.run("source", "rename", "home", "--", name)
            Refusal(64, "invalid_source_name", says: "can't be the name of a source", hint: "letters, digits").check(text: renamed)
        }
    }

    @Test("an image whose file name makes no name")
    func noNameFromImage() throws {
        try CliScene.with(image: nil) { scene in
            let path = try scene.scope.plainImage("my disk (1).img", in: scene.pool.path).string
            let outcome = try scene.sandbox.run("create", path)
            Refusal(64, "no_name_from_image", says: path, hint: "losnap source add NAME").check(text: outcome)
            // The hint, followed word for word.
            let hint = try #require(Complaint(outcome).hints.first)
            let command = hint.split(separator: " ").dropFirst().joined(separator: " ").replacing("NAME", with: "disk")
            let shell = try Tool(executable: "/bin/sh").run(
                ["-c", "\(scene.sandbox.losnap.executable) \(command)"], environment: scene.sandbox.losnap.environment)
            #expect(shell.succeeded, "\(command): \(shell.stderr)")
            #expect(try scene.sandbox.run("create", "disk").succeeded)
        }
    }

    @Test("a name that is taken")
    func nameTaken() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let other = try scene.scope.freshDirectory("other")
            let second = try scene.scope.plainImage(in: other)
            let third = try scene.scope.plainImage("third.img", in: scene.pool.path)
            try scene.expect(
                "create", second.string,
                refused: Refusal(64, "source_name_taken", says: "'home'", scene.image.string, hint: "source add NAME"))
            try scene.expect(
                "source", "add", "home", third.string, refused: Refusal(64, "source_name_taken", says: "'home'", hint: "another name"))
            try scene.expect(
                "source", "add", "again", scene.image.string,
                refused: Refusal(64, "image_taken", says: scene.image.string, hint: "rename home"))
        }
    }
}
