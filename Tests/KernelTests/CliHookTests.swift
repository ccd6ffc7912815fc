// Hooks around real snapshots. What a hook saw is in a file that it wrote.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Hooks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliHookTests {
    /// A configuration of `home` with these hooks, which write to `POOL/order`.
    private func configure(_ scene: CliScene, _ hooks: String, more: String = "") throws {
        try scene.configure(
            "sources:\n  home:\n    image: POOL/home.img\n" + hooks.split(separator: "\n").map { "    \($0)\n" }.joined() + more)
    }

    private func order(_ scene: CliScene) throws -> [String] {
        let path = scene.pool.path.appending("order").string
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("before and after run around the freeze, never in it, and their output is on stderr")
    func around() throws {
        try CliScene.with { scene in
            let mountPoint = try #require(scene.mounted).path
            try configure(
                scene,
                """
                before: echo one >\(mountPoint)/hook && echo "before $LOSNAP_SOURCE $LOSNAP_IMAGE" && sync
                after: echo two >\(mountPoint)/hook && sync && echo "after $LOSNAP_STATUS $LOSNAP_SNAPSHOT $LOSNAP_SNAPSHOT_PATH"
                failed: echo failed >>POOL/order
                """)
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.succeeded)
            #expect(outcome.stdout.hasPrefix("snapshot 1 of home"))
            let path = try #require(scene.listed().first?["path"].string)
            #expect(outcome.stderr == "before home \(scene.image)\nafter ok 1 \(path)\n")
            #expect(try order(scene).isEmpty)
            // The snapshot has what before wrote, and not what after did.
            let look = try scene.scope.freshDirectory("look")
            try Command.run("mount", ["-o", "ro,loop,noload", path, look.string])
            defer { _ = try? Command.outcome("umount", [look.string]) }
            #expect(try String(contentsOfFile: look.appending("hook").string, encoding: .utf8) == "one\n")
            #expect(try String(contentsOfFile: mountPoint.appending("hook").string, encoding: .utf8) == "two\n")
            scene.expectNothingFrozen()
        }
    }

    @Test("before fails: no snapshot, after and failed run, the status says so; without hooks there is one")
    func beforeFails() throws {
        try CliScene.with(image: nil) { scene in
            try configure(
                scene,
                """
                before: exit 9
                after: echo "after $LOSNAP_STATUS" >>POOL/order
                failed: echo "failed $LOSNAP_ERROR" >>POOL/order
                """)
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.status == .exited(1))
            #expect(
                outcome.stderr.hasPrefix("losnap: error: the hook 'before' of home failed: it ended with status 9; there is no snapshot\n"),
                "\(outcome.stderr)")
            #expect(
                try order(scene) == [
                    "after failed", "failed the hook 'before' of home failed: it ended with status 9; there is no snapshot",
                ])
            #expect(try scene.numbers().isEmpty)
            #expect(try scene.sandbox.run("create", "home", "--no-hooks").succeeded)
            #expect(try order(scene).count == 2)
            #expect(try scene.numbers() == [1])
        }
    }

    @Test(
        "when before runs nothing has changed yet, and when it fails nothing has", arguments: ["create", "run"], [false, true])
    func beforeFailsAtAnotherPlace(command: String, isThere: Bool) throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let other = scene.pool.path.appending("other")
            if isThere { mkdir(other.string, 0o700) }
            let look = "{ ls -RA POOL/other; getfattr --absolute-names -d -m - POOL/other; } 2>&1 | grep -v '^$' >>POOL/order"
            try configure(scene, "every: 1h\nsnapshot-directory: POOL/other\nbefore: '\(look.replacing("'", with: "''")); exit 9'")
            let before = try scene.picture()
            let sources = try scene.sandbox.json("source", "list")
            #expect(try !scene.sandbox.run(command, "home").succeeded)
            unlink(scene.pool.path.appending("order").string)
            try scene.expectUnchanged(since: before)
            #expect(try scene.sandbox.json("source", "list") == sources)
            #expect(try !scene.sandbox.run(command, "home").succeeded)
            let seen = try order(scene)
            #expect(seen.allSatisfy { isThere ? $0 == "\(other):" : $0.contains("No such file") } && !seen.isEmpty, "\(seen)")
            #expect(FileManager.default.fileExists(atPath: other.string) == isThere)
            #expect(try scene.sandbox.json("log", "home")["events"].array?.contains { $0["kind"] == "source_moved" } == false)

            try configure(scene, "every: 1h\nsnapshot-directory: POOL/other")
            #expect(try scene.sandbox.run(command, "home").succeeded)
            #expect(try scene.sandbox.json("source", "list")["sources"][0]["snapshot_directory"] == .string(other.string))
            #expect(
                try scene.sandbox.json("log", "home")["events"].array?.compactMap { $0["kind"].string }.suffix(2) == [
                    "source_moved", "created",
                ])
            #expect(try scene.listed().last?["path"].string?.hasPrefix(other.string) == true)
        }
    }

    @Test("nothing of a new source is there when before runs, and when it fails")
    func beforeFailsOfNewSource() throws {
        try CliScene.with(image: nil) { scene in
            try configure(scene, "before: 'ls -A POOL >>POOL/order; exit 9'")
            #expect(try !scene.sandbox.run("create", "home").succeeded)
            #expect(try order(scene) == ["home.img", "order"])
            #expect(!FileManager.default.fileExists(atPath: scene.snapshots.string))
            #expect(try scene.sandbox.json("source", "list")["sources"].count == 0)
        }
    }

    @Test("a source whose snapshots were to go elsewhere stays where it is when there is no snapshot")
    func takingFailsAtAnotherPlace() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let sources = try scene.sandbox.json("source", "list")
            try configure(
                scene,
                """
                snapshot-directory: POOL/other
                before: exec 3<>POOL/home.img; sleep 100 & echo $! >POOL/pid
                after: kill $(cat POOL/pid)
                """)
            #expect(try scene.sandbox.run("create", "home").status == .exited(75))
            #expect(try scene.sandbox.json("source", "list") == sources)
            #expect(!FileManager.default.fileExists(atPath: scene.pool.path.appending("other").string))
        }
    }

    @Test("after fails: the snapshot stands, with status 3")
    func afterFails() throws {
        try CliScene.with(image: nil) { scene in
            try configure(scene, "after: exit 4\nfailed: echo \"failed $LOSNAP_SNAPSHOT\" >>POOL/order")
            let outcome = try scene.sandbox.run("create", "home", "--json")
            #expect(outcome.status == .exited(3))
            #expect(try JSONValue(parsing: outcome.stdout)["snapshot"]["number"] == 1)
            #expect(try JSONValue(parsing: outcome.stderr)["error"]["code"] == "hook_failed")
            #expect(try order(scene) == ["failed 1"])
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("the snapshot fails: after runs, then failed; what shows at once stops no service")
    func snapshotFails() throws {
        try CliScene.with(image: nil) { scene in
            try configure(
                scene,
                """
                before: exec 3<>POOL/home.img; echo before >>POOL/order; sleep 100 & echo $! >POOL/pid
                after: kill $(cat POOL/pid); echo after >>POOL/order
                failed: echo failed >>POOL/order
                """)
            // Open for writing when its turn comes, though it was not before.
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.status == .exited(75) && outcome.stderr.contains("open for writing"), "\(outcome.stderr)")
            #expect(try order(scene) == ["before", "after", "failed"])
            unlink(scene.pool.path.appending("order").string)
            rename(scene.image.string, scene.image.string + ".away")
            #expect(try scene.sandbox.run("create", "home").status == .exited(66))
            #expect(try order(scene).isEmpty)
            #expect(try scene.numbers().isEmpty)
        }
    }

    @Test("SIGTERM while before runs: it is ended, after runs, and losnap ends by the signal", arguments: [SIGTERM, SIGINT, SIGHUP])
    func signalled(signal: Int32) throws {
        try CliScene.with(image: nil) { scene in
            try configure(
                scene,
                """
                before: echo $$ >POOL/pid; echo before >>POOL/order; sleep 100
                after: sleep 1; echo "after $LOSNAP_STATUS" >>POOL/order
                failed: echo failed >>POOL/order
                """)
            let process = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home"]))
            try waitFor(scene.pool.path.appending("order"))
            process.send(signal)
            #expect(process.finish(within: .seconds(60)).status == .signalled(signal))
            #expect(try order(scene) == ["before", "after failed"])
            #expect(try scene.numbers().isEmpty)
            let pid = try String(contentsOfFile: scene.pool.path.appending("pid").string, encoding: .utf8)
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid.trimmingCharacters(in: .newlines))"))
        }
    }

    @Test("the hooks of two takings of one image don't interleave: the second is told, or waits")
    func oneAtATime() throws {
        try CliScene.with(image: nil) { scene in
            try configure(
                scene,
                """
                before: echo before >>POOL/order; while [ -e POOL/stay ]; do sleep 0.1; done
                after: echo after >>POOL/order
                """)
            // Registered: a new source would be one of two processes.
            #expect(try scene.sandbox.run("create", "home", "--no-hooks").succeeded)
            let stay = scene.pool.path.appending("stay")
            try scene.scope.write("", to: stay)
            let first = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home"]))
            try waitFor(scene.pool.path.appending("order"))
            let busy = try scene.sandbox.run("create", "home")
            #expect(busy.status == .exited(75) && busy.stderr.contains("locked by another losnap"), "\(busy.status) \(busy.stderr)")
            // Hooks are what the lock is for.
            #expect(try scene.sandbox.run("create", "home", "--no-hooks").succeeded)
            let second = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home", "--wait"]))
            usleep(300_000)
            #expect(try order(scene) == ["before"])
            try Command.run("rm", [stay.string])
            #expect(first.finish(within: .seconds(60)).succeeded && second.finish(within: .seconds(60)).succeeded)
            #expect(try order(scene) == ["before", "after", "before", "after"])
            #expect(try scene.numbers().count == 4)
        }
    }

    @Test("whenever a signal comes, after has run as often as before, and nothing is frozen")
    func signalledAnywhere() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try configure(scene, "before: echo before >>POOL/order\nafter: echo after >>POOL/order")
            let writer = try scene.scope.writer(in: image.path)
            for round in 0..<10 {
                let process = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home", "--quiet"]))
                usleep(UInt32(10_000 + round * 9000))
                process.send(SIGTERM)
                let outcome = process.finish(within: .seconds(60))
                #expect([.exited(0), .signalled(SIGTERM)].contains(outcome.status), "\(outcome)")
                try writer.waitForProgress(1)
            }
            let order = try order(scene)
            #expect(order == (0..<order.count / 2).flatMap { _ in ["before", "after"] })
            scene.expectNothingFrozen()
            let listed = try scene.listed()
            #expect(listed.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
        }
    }

    @Test("a signal during a run is in the log, and the hook after has run")
    func signalledRun() throws {
        try CliScene.with(image: nil) { scene in
            try configure(
                scene,
                "before: touch POOL/order; sleep 100\nafter: echo after >>POOL/order\n\(CliRunTests.daily.replacing(", ", with: "\n"))")
            let process = try scene.scope.start(scene.sandbox.losnap.invocation(["run"]))
            try waitFor(scene.pool.path.appending("order"))
            process.send(SIGTERM)
            #expect(process.finish(within: .seconds(60)).status == .signalled(SIGTERM))
            #expect(try order(scene) == ["after"])
            let events = try scene.sandbox.json("log")["events"].array ?? []
            #expect(events.contains { $0["kind"] == "run_failed" && $0["reason"].string?.contains("SIGTERM") == true })
        }
    }

    @Test("after may change the snapshot that was taken: no lock is held, and it finds the same catalogue")
    func nested() throws {
        try CliScene.with(image: nil) { scene in
            // Not the first word: a checkout may be somebody else's, and root would not run what lies there.
            try configure(scene, "after: P=\(scene.sandbox.losnap.executable); $P tag $LOSNAP_SNAPSHOT --add checked --quiet")
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.succeeded, "\(outcome.stderr)")
            #expect(try scene.listed().first?["tags"][0] == "checked")
        }
    }

    @Test("what the configuration says of a source holds for create, and options win")
    func settings() throws {
        try CliScene.with { scene in
            let other = scene.pool.path.appending("elsewhere")
            mkdir(other.string, 0o700)
            try configure(scene, "snapshot-directory: POOL/elsewhere/home\nimmutable: false\nconsistency: crash\nmax-freeze: 20s")
            try scene.create()
            let first = try #require(scene.listed().first)
            #expect(first["path"].string?.hasPrefix("\(other)/home/") == true)
            #expect(first["consistency"] == "crash")
            #expect(try scene.sandbox.json("show", "1")["details"]["immutable"] == false)
            try scene.create("--consistency", "frozen")
            #expect(try scene.listed()[1]["consistency"] == "frozen")
            // Another directory in the configuration: new ones go there, old ones stay listed.
            try configure(scene, "snapshot-directory: POOL/elsewhere/new")
            try scene.create()
            let listed = try scene.listed()
            #expect(listed[2]["path"].string?.hasPrefix("\(other)/new/") == true)
            #expect(listed.allSatisfy { $0["presence"] == "present" })
            #expect(try scene.sandbox.json("show", "3")["details"]["immutable"] == true)
        }
    }

    @Test("a source gets its configured name, whether it is named by that or by its path")
    func names() throws {
        try CliScene.with(image: nil) { scene in
            let mail = try scene.scope.plainImage("mail.img", in: scene.pool.path)
            try scene.configure("sources: { house: { image: POOL/home.img }, post: { image: POOL/mail.img } }")
            try scene.create()
            #expect(try scene.sandbox.run("create", "post").succeeded)
            #expect(try scene.listed().compactMap { $0["source"].string } == ["house", "post"])
            try scene.configure("sources: { house: { image: \(mail) } }")
            try scene.expect("create", "house", refused: Refusal(78, "configured_otherwise", says: "house", hint: "source"))
        }
    }
}
