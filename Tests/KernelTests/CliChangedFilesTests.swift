// Bad input: somebody has changed, removed or added files behind losnap's back. The rule: what is not proved to be a snapshot's file is
// neither used nor removed.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Bad input: files that changed", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliChangedFilesTests {
    @Test("missing: shown, said, and struck off on request only")
    func missing() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            let path = try #require(scene.listed().first?["path"].string)
            try Command.run("chattr", ["-i", path])
            unlink(path)
            #expect(try scene.listed().map { $0["presence"] } == ["missing", "present"])
            let refusal = Refusal(66, "file_missing", says: path, "snapshot 1", hint: "losnap repair --forget")
            try scene.expect("restore", "1", refused: refusal)
            try scene.expect("mount", "1", scene.scope.freshDirectory("mnt").string, refused: refusal)
            try scene.expect("hold", "1", refused: refusal)
            #expect(try scene.sandbox.run("repair").stdout.contains("missing"))
            #expect(try scene.numbers() == [1, 2])
            let forgotten = try scene.sandbox.run("repair", "--forget")
            #expect(forgotten.succeeded && forgotten.stdout.contains("forgotten"), "\(forgotten.stdout)\(forgotten.stderr)")
            #expect(try scene.numbers() == [2])
            #expect(try scene.sandbox.run("repair").stdout == "all is well\n")
        }
    }

    @Test("replaced by another file: neither restored from nor removed")
    func changed() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            let path = try #require(scene.listed().first?["path"].string)
            try Command.run("chattr", ["-i", path])
            unlink(path)
            try scene.scope.write("the diary of somebody", to: FilePath(path))
            let before = try String(contentsOfFile: scene.image.string, encoding: .utf8)
            for command in [["restore", "1"], ["delete", "1"], ["hold", "1"]] {
                let outcome = try scene.sandbox.losnap.run(command)
                #expect(outcome.status == .exited(65), "\(command) \(outcome.stderr)")
                let complaint = Complaint(outcome)
                #expect(
                    complaint.errors.count == 1 && complaint.errors[0].contains(path) && complaint.hints.count == 1, "\(outcome.stderr)")
            }
            let pruned = try scene.sandbox.run("prune", "home", "--keep-last", "1")
            #expect(pruned.status == .exited(65), "\(pruned.stderr)")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "the diary of somebody")
            #expect(try String(contentsOfFile: scene.image.string, encoding: .utf8) == before)
            // What was begun and could not be done is not half done.
            #expect(try scene.listed().map { $0["state"] } == ["complete", "complete"])
        }
    }

    @Test("moved to another name: found again by repair")
    func moved() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let path = try #require(scene.listed().first?["path"].string)
            try Command.run("chattr", ["-i", path])
            try Command.run("mv", [path, "\(path).kept.img"])
            let repaired = try scene.sandbox.run("repair")
            #expect(repaired.succeeded, "\(repaired.stderr)")
            let again = try scene.listed()[0]
            let isFound = again["presence"] == "present" && again["path"] == .string("\(path).kept.img")
            #expect(isFound || (again["presence"] == "missing" && FileManager.default.fileExists(atPath: "\(path).kept.img")))
        }
    }

    @Test("added by hand: left alone, reported, and adopted on request")
    func added() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let older = scene.pool.path.appending("home-2025.img")
            try Command.run("cp", ["--reflink=always", scene.image.string, older.string])
            let stray = scene.snapshots.appending("20250601T000000.000Z-00000000.img")
            try Command.run("cp", ["--reflink=always", scene.image.string, stray.string])
            let repaired = try scene.sandbox.run("repair")
            #expect(
                repaired.succeeded && (repaired.stdout + repaired.stderr).contains(stray.string), "\(repaired.stdout)\(repaired.stderr)")
            #expect(try scene.numbers() == [1])
            #expect(try scene.sandbox.run("prune", "home", "--keep-last", "1").succeeded)
            #expect(FileManager.default.fileExists(atPath: stray.string))
            let adopted = try scene.sandbox.json(
                "repair", "--adopt", older.string, "--source", "home", "--time", "2025-06-01T00:00:00Z")["snapshots"][0]
            #expect(adopted["origin"] == "adopted" && adopted["taken_at"] == "2025-06-01T00:00:00.000Z")
            #expect(try scene.numbers() == [2, 1])
        }
    }

    @Test("of several to be adopted one fails: the others are, and both are told")
    func partlyAdopted() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let good = scene.pool.path.appending("older.img")
            try Command.run("cp", ["--reflink=always", scene.image.string, good.string])
            let gone = scene.pool.path.appending("gone.img").string
            let adopting = ["repair", "--adopt", good.string, gone, "--source", "home"]
            let text = try scene.sandbox.losnap.run(adopting)
            #expect(text.status == .exited(3) && text.stdout.contains("adopted as snapshot 2 of home"), "\(text)")
            #expect(Complaint(text).errors.count == 1 && text.stderr.contains(gone) && !Complaint(text).hints.isEmpty, "\(text.stderr)")
            let json = try scene.sandbox.losnap.run(adopting + ["--json"])
            let told = try JSONValue(parsing: json.stdout)
            #expect(json.status == .exited(3) && told["snapshots"].count == 1 && told["failed"].count == 1, "\(json)")
            #expect(told["failed"][0]["path"].string == gone && told["failed"][0]["error"]["code"] == "no_such_file", "\(json)")
            #expect(try scene.listed().count == 3)
        }
    }

    @Test("a catalogue that lost a row takes the snapshot in again, with all that its record says")
    func orphan() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "lost", "--tag", "a", "--hold=mine")
            try scene.create()
            try scene.sql("PRAGMA foreign_keys = ON; DELETE FROM snapshot WHERE number = 1")
            #expect(try scene.numbers() == [2])
            let repaired = try scene.sandbox.run("repair")
            #expect(repaired.succeeded && repaired.stdout.contains("adopted"), "\(repaired.stdout)\(repaired.stderr)")
            let snapshot = try scene.sandbox.json("show", "home@lost")["snapshot"]
            #expect(snapshot["held"] == true && snapshot["hold_reason"] == "mine" && snapshot["tags"][0] == "a")
        }
    }
}
