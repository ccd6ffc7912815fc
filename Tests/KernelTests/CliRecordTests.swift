// The words and flags that people change: hold, release, label, tag, and the sources themselves. The rule: row and file say the same, and
// what is held stays.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Records and sources", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliRecordTests {
    @Test("what create says of its size is what list says, though the record takes blocks of its own", arguments: [Filesystem.xfs, .btrfs])
    func allocated(pool: Filesystem) throws {
        try CliScene.with(pool: pool) { scene in
            let tags = (1...40).flatMap { ["--tag", "\($0)" + String(repeating: "t", count: 60)] }
            for arguments in [[], tags] {
                let outcome = try scene.sandbox.losnap.run(["create", scene.image.string, "--json"] + arguments)
                let created = try JSONValue(parsing: outcome.stdout)["snapshot"]
                let listed = try #require(try scene.listed().last)
                #expect(created["allocated_bytes"] == listed["allocated_bytes"] && created["number"] == listed["number"])
                #expect(created["logical_bytes"] == listed["logical_bytes"])
                let row = try scene.sql("SELECT allocated_bytes FROM snapshot ORDER BY number DESC LIMIT 1")
                #expect(Int(row.trimmingCharacters(in: .whitespacesAndNewlines)) == listed["allocated_bytes"].integer)
            }
        }
    }

    @Test("hold, release, label and tag, in the catalogue and in the file")
    func records() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...3 { try scene.create() }
            #expect(try scene.sandbox.run("hold", "home@oldest", "--reason", "the good one", "--until", "2999-01-01").succeeded)
            #expect(try scene.sandbox.run("label", "2", "before-upgrade").succeeded)
            #expect(try scene.sandbox.run("tag", "home@before-upgrade", "--add", "a", "--add", "b").succeeded)
            #expect(try scene.sandbox.run("tag", "2", "--remove", "a").succeeded)

            #expect(try scene.sandbox.json("list", "--held")["snapshots"].array?.map { $0["number"] } == [1])
            #expect(try scene.sandbox.json("list", "--label", "before-*")["snapshots"].array?.map { $0["number"] } == [2])
            #expect(try scene.sandbox.json("list", "--tag", "b")["snapshots"].array?.map { $0["number"] } == [2])
            #expect(try scene.sandbox.run("list", "--tag", "a", "-q").stdout.isEmpty)
            #expect(try scene.sandbox.run("list", "-q", "--reverse").stdout == "3\n2\n1\n")
            #expect(
                try scene.sandbox.run("list", "--csv", "--columns", "number,label").stdout == "number,label\n1,\n2,before-upgrade\n3,\n")

            let path = try #require(scene.listed()[1]["path"].string)
            let record = try Command.run("getfattr", ["--absolute-names", "--only-values", "-n", "trusted.losnap", path])
            let json = try JSONValue(parsing: record)
            #expect(json["label"] == "before-upgrade" && json["tags"][0] == "b")
            #expect(try Command.run("lsattr", [path]).split(separator: " ").first?.contains("i") == true)
            #expect(try Command.run("stat", ["-c", "%u %a", path]) == "0 400\n")

            try scene.expect("delete", "1", refused: Refusal(1, "held", says: "snapshot 1", "the good one", hint: "losnap release 1"))
            try scene.expect("delete", "3", "1", refused: Refusal(1, "held", says: "snapshot 1", hint: "losnap release 1"))
            #expect(try scene.sandbox.run("release", "1").succeeded)
            #expect(try scene.sandbox.run("label", "2", "--remove").succeeded)
            #expect(try scene.sandbox.json("delete", "1", "--dry-run")["dry_run"] == true)
            #expect(try scene.numbers() == [1, 2, 3])
            #expect(try scene.sandbox.run("delete", "1", "2").succeeded)
            #expect(try scene.numbers() == [3])
            #expect(try scene.files().count == 1)
            let kinds = try scene.sandbox.json("log", "1")["events"].array?.compactMap { $0["kind"].string }
            #expect(kinds == ["created", "held", "released", "deleted"])
        }
    }

    @Test("a hold is not shortened unawares: the command that does it is named, and works")
    func shortenedHold() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--hold=the last good one")
            func hold() throws -> JSONValue { try scene.listed()[0] }
            let before = try hold()
            let refusal = Refusal(
                1, "hold_would_shorten", says: "snapshot 1", "the last good one", hint: "losnap hold 1 --until 2999-01-01", "--replace")
            try scene.expect("hold", "1", "--until", "2999-01-01", refused: refusal)
            #expect(try hold() == before)
            // As long, and so with other words.
            #expect(try scene.sandbox.run("hold", "1", "--reason", "still good").succeeded)
            #expect(try hold()["hold_reason"] == "still good")
            #expect(try scene.sandbox.run("hold", "1", "--until", "2999-01-01", "--replace").succeeded)
            let end = try hold()["hold_until"]
            try scene.expect(
                "hold", "1", "--until", "20s", "--reason", "it's",
                refused: Refusal(1, "hold_would_shorten", says: "2999-01-01", hint: "--reason"))
            #expect(try hold()["hold_until"] == end)
            #expect(try scene.sandbox.run("hold", "1", "--until", "2999-01-01").succeeded)
            #expect(try scene.sandbox.run("hold", "1", "--until", "2999-01-02").succeeded)
            #expect(try scene.sandbox.run("hold", "1").succeeded)
            #expect(try hold()["hold_until"] == .null)
            // What the hint says is what does it.
            let outcome = try scene.sandbox.run("hold", "1", "--until", "20s", "--reason", "it's over")
            let hint = try #require(Complaint(outcome).hints.first)
            let command = try #require(hint.components(separatedBy: "losnap ").last)
            let losnap = scene.sandbox.losnap
            let typed = try Tool(executable: "/bin/sh").run(["-c", "\(losnap.executable) \(command)"], environment: losnap.environment)
            #expect(typed.succeeded, "\(hint): \(typed.stderr)")
            #expect(try hold()["hold_reason"] == "it's over" && hold()["hold_until"] != .null)
        }
    }

    @Test("sources: add, rename, move, remove")
    func sources() throws {
        try CliScene.with(image: nil) { scene in
            #expect(try scene.sandbox.run("source", "add", "home", scene.image.string).succeeded)
            #expect(try scene.sandbox.run("create", "home").succeeded)
            #expect(try scene.sandbox.run("source", "rename", "home", "house").succeeded)
            #expect(try scene.sandbox.json("create", "house")["snapshot"]["source"] == "house")
            #expect(try scene.listed().map { $0["source"] } == ["house", "house"])

            let moved = scene.pool.path.appending("moved.img")
            try Command.run("mv", [scene.image.string, moved.string])
            try scene.expect("create", "house", refused: Refusal(66, "no_such_file", says: scene.image.string, hint: "check the path"))
            #expect(try scene.sandbox.run("source", "move", "house", "--image", moved.string).succeeded)
            #expect(try scene.sandbox.json("create", "house")["snapshot"]["image"] == .string(moved.string))

            try scene.expect(
                "source", "remove", "house",
                refused: Refusal(1, "source_has_snapshots", says: "'house'", "3 snapshots", hint: "--keep-snapshots"))
            #expect(try scene.sandbox.run("source", "remove", "house", "--keep-snapshots").succeeded)
            #expect(try scene.numbers() == [1, 2, 3])
            #expect(try scene.sandbox.run("source", "list", "-q").status == .exited(64))
            #expect(try scene.sandbox.json("source", "list")["sources"] == [])
            #expect(try scene.sandbox.json("source", "list", "--all")["sources"][0]["name"] == "house")
            // The name is free again, and its snapshots do not mix with the old ones.
            #expect(try scene.sandbox.run("source", "add", "house", moved.string).succeeded)
            #expect(try scene.sandbox.json("create", "house")["snapshot"]["number"] == 4)
        }
    }

    @Test("a directory of one's own for the snapshots")
    func directory() throws {
        try CliScene.with(image: nil) { scene in
            let place = scene.pool.path.appending("snapshots")
            #expect(try scene.sandbox.run("source", "add", "home", scene.image.string, "--directory", place.string).succeeded)
            #expect(try scene.sandbox.run("create", "home").succeeded)
            #expect(try scene.listed()[0]["path"].string?.hasPrefix(place.string + "/") == true)
            let other = scene.pool.path.appending("others")
            #expect(try scene.sandbox.run("source", "move", "home", "--directory", other.string).succeeded)
            #expect(try scene.sandbox.run("create", "home").succeeded)
            #expect(try scene.listed().allSatisfy { $0["presence"] == "present" })
            #expect(try scene.listed()[1]["path"].string?.hasPrefix(other.string + "/") == true)
            let pruned = try scene.sandbox.json("prune", "home", "--keep-last", "1")["sources"][0]
            #expect(pruned["removed"].array?.map { $0["snapshot"]["number"] } == [1])
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.string).filter { $0 != "CACHEDIR.TAG" } == [])
        }
    }
}
