// `create --command`: a snapshot before and one after. The rule: the command can't tell that it is not the user's shell that runs it, and the second
// snapshot is taken however it ends.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Create around a command", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliCommandTests {
    /// The tags of each snapshot, oldest first, with the name of the pair, which is random, made plain.
    private func tags(_ scene: CliScene) throws -> [[String]] {
        try scene.listed().map { snapshot in
            (snapshot["tags"].array ?? []).compactMap(\.string).map { $0.hasPrefix("pair-") ? "pair" : $0 }
        }
    }

    @Test("before has not what the command did, after has; both are found by the tag of the pair", arguments: [Filesystem.ext4, .xfs])
    func pair(kind: Filesystem) throws {
        try CliScene.with(image: kind) { scene in
            let mounted = try #require(scene.mounted)
            try scene.create()
            let outcome = try scene.sandbox.json(
                "create", "home", "--label", "upgrade", "--tag", "nightly", "--command", "echo done > \(mounted.path)/made")
            let name = try #require(outcome["pair"].string)
            #expect(name.count == 13 && name.hasPrefix("pair-"))
            #expect(outcome.keys == ["after", "before", "command_status", "pair", "warnings"])
            #expect(outcome["command_status"] == 0)
            #expect(try scene.sandbox.json("list", "--tag", name)["snapshots"].array?.map { $0["number"] } == [2, 3])
            #expect(try tags(scene) == [[], ["nightly", "pair", "pre"], ["nightly", "pair", "post"]])
            #expect(outcome["before"][0]["label"] == "upgrade-pre" && outcome["after"][0]["label"] == "upgrade-post")
            let there = try scene.scope.freshDirectory("look")
            for (reference, isThere) in [("home@upgrade-pre", false), ("home@upgrade-post", true)] {
                #expect(try scene.sandbox.run("mount", reference, there.string).succeeded)
                #expect(FileManager.default.fileExists(atPath: there.appending("made").string) == isThere, "\(reference)")
                #expect(try scene.sandbox.run("umount", there.string).succeeded)
            }
            scene.expectNothingFrozen()
        }
    }

    @Test("environment, directory, stdin and stdout are the command's; losnap speaks on stderr")
    func surroundings() throws {
        try CliScene.with(image: nil) { scene in
            let arguments = ["create", scene.image.string, "--command", "cat; pwd; echo $MINE; ls /proc/self/fd | wc -l; echo aside >&2"]
            let outcome = try scene.sandbox.losnap.run(
                arguments, environment: ["MINE": "yours"], input: "some text\n", directory: scene.pool.path)
            #expect(outcome.succeeded)
            // The three streams, and the directory that ls reads: nothing of losnap is open there.
            #expect(outcome.stdout == "some text\n\(scene.pool.path)\nyours\n4\n")
            let lines = outcome.stderr.split(separator: "\n")
            #expect(lines.count == 3 && lines[0].hasPrefix("snapshot 1 of home, ") && lines[1] == "aside")
            #expect(lines[2].hasPrefix("snapshot 2 of home, "))
            let quiet = try scene.sandbox.losnap.run(["create", "home", "--quiet", "--command", "yes | head -n 1; echo mine"])
            #expect(quiet.stdout == "y\nmine\n" && quiet.stderr.isEmpty, "a broken pipe ends what writes into it")
        }
    }

    @Test("with --json stdout has the object alone")
    func json() throws {
        try CliScene.with(image: nil) { scene in
            let outcome = try scene.sandbox.losnap.run(
                ["create", scene.image.string, "--json", "--command", "echo to stdout; echo to stderr >&2; exit 3"])
            #expect(outcome.status == .exited(3))
            let object = try JSONValue(parsing: outcome.stdout)
            #expect(object["command_status"] == 3)
            #expect(object["before"].array?.map { $0["number"] } == [1] && object["after"].array?.map { $0["number"] } == [2])
            #expect(outcome.stderr == "to stdout\nto stderr\n")
        }
    }

    @Test(
        "its status is passed on, and the second snapshot is taken",
        arguments: [("exit 7", 7), ("kill -TERM $$", 143), ("no-such-thing", 127)])
    func status(command: String, status: Int32) throws {
        try CliScene.with(image: nil) { scene in
            let outcome = try scene.sandbox.losnap.run(["create", scene.image.string, "--quiet", "--command", command])
            #expect(outcome.status == .exited(status))
            #expect(!outcome.stderr.contains("losnap: "), "\(outcome.stderr)")
            #expect(try tags(scene) == [["pair", "pre"], ["pair", "post"]])
        }
    }

    @Test("when the first can't be taken, it is not run")
    func firstFails() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let mark = scene.scope.freshPath("mark")
            try Command.run("mv", ["--", scene.image.string, scene.image.string + ".away"])
            try scene.expect(
                "create", "home", "--command", "touch \(mark)",
                refused: Refusal(66, "no_such_file", says: scene.image.string, hint: "check the path"))
            #expect(!FileManager.default.fileExists(atPath: mark.string))
        }
    }

    @Test("when the second can't be taken, that is told; the status is the command's if that failed, too", arguments: [(0, 66), (5, 5)])
    func secondFails(command: Int32, status: Int32) throws {
        try CliScene.with(image: nil) { scene in
            let image = scene.image.string
            let arguments = ["create", image, "--command", "mv \(image) \(image).away; exit \(command)"]
            let text = try scene.sandbox.losnap.run(arguments)
            #expect(text.status == .exited(status) && text.stdout.isEmpty)
            #expect(Complaint(text).errors.count == 1 && Complaint(text).errors[0].contains(image), "\(text.stderr)")
            #expect(try tags(scene) == [["pair", "pre"]])
            try Command.run("mv", ["--", image + ".away", image])
            let json = try scene.sandbox.losnap.run(arguments + ["--json"])
            #expect(json.status == .exited(status))
            let object = try JSONValue(parsing: json.stdout)
            #expect(object["before"].count == 1 && object["after"].count == 0 && object["command_status"] == .integer(Int(command)))
            let last = try #require(json.stderr.split(separator: "\n").last)
            #expect(try JSONValue(parsing: String(last))["error"]["code"] == "no_such_file")
        }
    }

    /// Starts losnap around a command that sleeps; returns when it does.
    private func start(_ command: String, mark: FilePath, in scene: CliScene) throws -> ChildProcess {
        let process = try scene.scope.start(
            scene.sandbox.losnap.invocation(["create", scene.image.string, "--command", "touch \(mark); \(command)"]))
        try eventually("the command runs", within: .seconds(30)) { FileManager.default.fileExists(atPath: mark.string) }
        // A shell that is just starting a program may let a signal go by (dash does, while it has forked and not yet come to exec).
        try eventually("its sleep has begun", within: .seconds(30)) {
            try Command.outcome("pgrep", ["-g", "\(process.pid)", "-x", "sleep"]).succeeded
        }
        return process
    }

    @Test(
        "a signal of the terminal ends the command, not losnap, whose second snapshot tells how far it came",
        arguments: [
            (SIGINT, "sleep 50; exit 1", 128 + SIGINT), (SIGQUIT, "ulimit -c 0; sleep 50", 128 + SIGQUIT),
            (SIGINT, "trap 'exit 0' INT; while :; do sleep 0.1; done", 0), (SIGHUP, "exec sleep 50", 128 + SIGHUP),
        ])
    func terminal(signal: Int32, command: String, status: Int32) throws {
        try CliScene.with(image: nil) { scene in
            let process = try start(command, mark: scene.scope.freshPath("mark"), in: scene)
            process.send(signal, to: .group)
            let outcome = process.finish(within: .seconds(30))
            #expect(outcome.status == .exited(status), "\(outcome)")
            #expect(try tags(scene) == [["pair", "pre"], ["pair", "post"]])
        }
    }

    @Test("SIGTERM and SIGHUP to losnap alone reach the command; SIGINT to losnap alone does nothing", arguments: [SIGTERM, SIGHUP])
    func passedOn(signal: Int32) throws {
        try CliScene.with(image: nil) { scene in
            let process = try start("exec sleep 50", mark: scene.scope.freshPath("mark"), in: scene)
            process.send(SIGINT)
            process.send(signal)
            let outcome = process.finish(within: .seconds(30))
            #expect(outcome.status == .exited(128 + signal), "\(outcome)")
            #expect(try tags(scene) == [["pair", "pre"], ["pair", "post"]])
        }
    }

    @Test("while it runs, losnap can be used on the same source, which may be renamed")
    func nothingLocked() throws {
        try CliScene.with(image: nil) { scene in
            let losnap = scene.sandbox.losnap.executable
            let inner = "\(losnap) create home --label inside && \(losnap) source rename home house && \(losnap) hold house@inside"
            let outcome = try scene.sandbox.losnap.run(["create", scene.image.string, "--command", inner])
            #expect(outcome.succeeded, "\(outcome)")
            #expect(try tags(scene) == [["pair", "pre"], [], ["pair", "post"]])
            #expect(try scene.listed().map { $0["source"] } == ["house", "house", "house"])
        }
    }

    @Test("several sources are a group before and a group after")
    func group() throws {
        try CliScene.with(image: nil) { scene in
            let mail = try scene.scope.plainImage("mail.img", in: scene.pool.path)
            let outcome = try scene.sandbox.json("create", scene.image.string, mail.string, "--command", "true")
            #expect(outcome["before"].count == 2 && outcome["after"].count == 2)
            #expect(outcome["before"][0]["group"] == outcome["before"][1]["group"])
            #expect(outcome["before"][0]["group"] != outcome["after"][0]["group"])
        }
    }
}
