// Hooks around real snapshots. What a hook saw is in a file that it wrote.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Hooks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliHookTests {
    @Test("before and after run around the freeze, never in it, and their output is on stderr")
    func around() throws {
        try CliScene.with { scene in
            let mountPoint = try #require(scene.mounted).path
            try scene.configureHome(
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
            #expect(try scene.order().isEmpty)
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
            try scene.configureHome(
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
                try scene.order() == [
                    "after failed", "failed the hook 'before' of home failed: it ended with status 9; there is no snapshot",
                ])
            #expect(try scene.numbers().isEmpty)
            #expect(try scene.sandbox.run("create", "home", "--no-hooks").succeeded)
            #expect(try scene.order().count == 2)
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
            try scene.configureHome("every: 1h\nsnapshot-directory: POOL/other\nbefore: '\(look.replacing("'", with: "''")); exit 9'")
            let before = try scene.picture()
            let sources = try scene.sandbox.json("source", "list")
            #expect(try !scene.sandbox.run(command, "home").succeeded)
            unlink(scene.pool.path.appending("order").string)
            try scene.expectUnchanged(since: before)
            #expect(try scene.sandbox.json("source", "list") == sources)
            #expect(try !scene.sandbox.run(command, "home").succeeded)
            let seen = try scene.order()
            #expect(seen.allSatisfy { isThere ? $0 == "\(other):" : $0.contains("No such file") } && !seen.isEmpty, "\(seen)")
            #expect(FileManager.default.fileExists(atPath: other.string) == isThere)
            #expect(try scene.sandbox.json("log", "home")["events"].array?.contains { $0["kind"] == "source_moved" } == false)

            try scene.configureHome("every: 1h\nsnapshot-directory: POOL/other")
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
            try scene.configureHome("before: 'ls -A POOL >>POOL/order; exit 9'")
            #expect(try !scene.sandbox.run("create", "home").succeeded)
            #expect(try scene.order() == ["home.img", "order"])
            #expect(!FileManager.default.fileExists(atPath: scene.snapshots.string))
            #expect(try scene.sandbox.json("source", "list")["sources"].count == 0)
        }
    }

    @Test("a source whose snapshots were to go elsewhere stays where it is when there is no snapshot")
    func takingFailsAtAnotherPlace() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let sources = try scene.sandbox.json("source", "list")
            try scene.configureHome(
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
            try scene.configureHome("after: exit 4\nfailed: echo \"failed $LOSNAP_SNAPSHOT\" >>POOL/order")
            let outcome = try scene.sandbox.run("create", "home", "--json")
            #expect(outcome.status == .exited(3))
            #expect(try JSONValue(parsing: outcome.stdout)["snapshot"]["number"] == 1)
            #expect(try JSONValue(parsing: outcome.stderr)["error"]["code"] == "hook_failed")
            #expect(try scene.order() == ["failed 1"])
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("the snapshot fails: after runs, then failed; what shows at once stops no service")
    func snapshotFails() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configureHome(
                """
                before: exec 3<>POOL/home.img; echo before >>POOL/order; sleep 100 & echo $! >POOL/pid
                after: kill $(cat POOL/pid); echo after >>POOL/order
                failed: echo failed >>POOL/order
                """)
            // Open for writing when its turn comes, though it was not before.
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.status == .exited(75) && outcome.stderr.contains("open for writing"), "\(outcome.stderr)")
            #expect(try scene.order() == ["before", "after", "failed"])
            unlink(scene.pool.path.appending("order").string)
            rename(scene.image.string, scene.image.string + ".away")
            #expect(try scene.sandbox.run("create", "home").status == .exited(66))
            #expect(try scene.order().isEmpty)
            #expect(try scene.numbers().isEmpty)
        }
    }

    @Test("the hooks of two takings of one image don't interleave: the second is told, or waits")
    func oneAtATime() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configureHome(
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
            #expect(try scene.order() == ["before"])
            try Command.run("rm", [stay.string])
            #expect(first.finish(within: .seconds(60)).succeeded && second.finish(within: .seconds(60)).succeeded)
            #expect(try scene.order() == ["before", "after", "before", "after"])
            #expect(try scene.numbers().count == 4)
        }
    }

    @Test("after may change the snapshot that was taken: no lock is held, and it finds the same catalogue")
    func nested() throws {
        try CliScene.with(image: nil) { scene in
            // Not the first word: a checkout may be somebody else's, and root would not run what lies there.
            try scene.configureHome("after: P=\(scene.sandbox.losnap.executable); $P tag $LOSNAP_SNAPSHOT --add checked --quiet")
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.succeeded, "\(outcome.stderr)")
            #expect(try scene.listed().first?["tags"][0] == "checked")
        }
    }
}
