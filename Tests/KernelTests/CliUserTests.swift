// A user without root, with an image of his own that is not mounted. The rule: everything but freezing and mounting works, with what a user
// may do: attributes of his own, no immutable flag.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("A user without root", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliUserTests {
    @Test("create, list, hold, label, prune, restore", arguments: [Filesystem.xfs, .btrfs])
    func user(kind: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(kind)
            let sandbox = try scope.sandbox(asNobody: true)
            let own = pool.path.appending("own")
            try FileManager.default.createDirectory(atPath: own.string, withIntermediateDirectories: false)
            let image = try scope.plainImage(in: own)
            try Command.run("chown", ["-R", "65534:65534", own.string])
            try Command.run("chmod", ["0700", own.string])

            let first = try sandbox.json("create", image.string, "--label", "first")["snapshot"]
            #expect(first["consistency"] == "unmounted" && first["number"] == 1)
            let file = try #require(first["path"].string)
            #expect(try Command.run("stat", ["-c", "%u %a", file]) == "65534 400\n")
            #expect(try Command.run("stat", ["-c", "%u %a", "\(own)/.losnap/home"]) == "65534 700\n")
            #expect(try Command.run("lsattr", [file]).split(separator: " ").first?.contains("i") == false)
            #expect(try Command.run("getfattr", ["--absolute-names", "-n", "user.losnap", file]).contains("first"))

            for _ in 1...3 { _ = try sandbox.json("create", "home") }
            #expect(try sandbox.json("hold", "2", "--reason", "mine")["snapshot"]["held"] == true)
            #expect(try sandbox.json("label", "3", "third")["snapshot"]["label"] == "third")
            #expect(try sandbox.json("tag", "3", "--add", "t")["snapshot"]["tags"][0] == "t")
            let pruned = try sandbox.json("prune", "home", "--keep-last", "1")["sources"][0]
            #expect(pruned["removed"].array?.map { $0["snapshot"]["number"] } == [1, 3])
            #expect(try sandbox.json("release", "2")["snapshot"]["held"] == false)

            let before = try String(contentsOfFile: image.string, encoding: .utf8)
            try scope.write("written over", to: image)
            #expect(try sandbox.json("restore", "2")["safety_snapshot"]["number"] == 5)
            #expect(try String(contentsOfFile: image.string, encoding: .utf8) == before)
            #expect(try Command.run("stat", ["-c", "%u %a", image.string]) == "65534 600\n")
            #expect(try sandbox.run("delete", "2").succeeded)
            #expect(try sandbox.run("repair").stdout == "all is well\n")
        }
    }

    @Test("the catalogue is in XDG_STATE_HOME, for its owner alone")
    func stateHome() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            var losnap = try scope.sandbox(asNobody: true).losnap
            let own = pool.path.appending("own")
            try FileManager.default.createDirectory(atPath: own.string, withIntermediateDirectories: false)
            let image = try scope.plainImage(in: own)
            try Command.run("chown", ["-R", "65534:65534", own.string])
            losnap.environment["LOSNAP_CATALOGUE"] = nil
            losnap.environment["XDG_STATE_HOME"] = own.appending("state").string
            let created = try losnap.run(["create", image.string])
            #expect(created.succeeded, "\(created.stderr)")
            let catalogue = own.appending("state/losnap/catalogue.sqlite").string
            #expect(try Command.run("stat", ["-c", "%u %a", catalogue]) == "65534 600\n")
            #expect(try losnap.run(["list", "-q"]).stdout == "1\n")
        }
    }

    @Test("another user's snapshots can't be read, and another's directory can't be used")
    func others() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let nobody = try scene.scope.sandbox(asNobody: true)
            let file = try #require(scene.listed().first?["path"].string)
            let cat = try scene.scope.asNobody(Tool(executable: "/bin/cat")).run([file])
            #expect(!cat.succeeded && cat.stdout.isEmpty)
            chmod(scene.image.string, 0o644)
            try scene.expect(
                ["create", scene.image.string], by: nobody.losnap,
                refused: Refusal(77, "not_permitted", says: scene.pool.path.string, hint: "run losnap as root"))
            try scene.expect(
                ["list", "--catalogue", scene.sandbox.catalogue.string], by: nobody.losnap,
                refused: Refusal(77, "catalogue_exposed", says: scene.sandbox.catalogue.string, hint: "of your own"))
        }
    }

    @Test("looking inside needs root, and says so")
    func mountNeedsRoot() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let sandbox = try scope.sandbox(asNobody: true)
            chown(pool.path.string, TestScope.nobody, TestScope.nobody)
            let image = try scope.image(in: pool.path)
            chown(image.string, TestScope.nobody, TestScope.nobody)
            _ = try sandbox.json("create", image.string)
            let directory = sandbox.directory.appending("home")
            let outcome = try sandbox.run("mount", "1", directory.string)
            Refusal(77, "not_permitted", says: "loop device", hint: "as root").check(text: outcome)
        }
    }
}
