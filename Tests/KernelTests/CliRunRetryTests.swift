// How often `run` tries what fails, hooks included, and how it tells. The rule of these tests: time passes in the catalogue, where what happened is made
// older; a day's slot began about twelve hours ago.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Run: after failures", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliRunRetryTests {
    /// Lets so many minutes pass since everything that was logged.
    private func pass(minutes: Int, in scene: CliScene) throws { try scene.sql("UPDATE event SET at = at - \(minutes * 60_000)") }

    /// How often a hook has written a line.
    private func tries(_ scene: CliScene) -> Int {
        let text = try? String(contentsOfFile: scene.pool.path.appending("tries").string, encoding: .utf8)
        return text?.split(separator: "\n").count ?? 0
    }

    private func expectFailure(_ scene: CliScene, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try scene.sandbox.losnap.run(["run"] + arguments)
        #expect(
            !outcome.succeeded && outcome.stderr.contains("the hook 'before'"), "\(outcome.status) \(outcome.stderr)",
            sourceLocation: sourceLocation)
    }

    @Test("an application that its hooks stop is stopped ever more rarely, but at once when somebody asks for it; a success ends that")
    func hooks() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure(
                """
                sources:
                  home: { image: POOL/home.img, \(CliRunTests.daily), before: 'echo x >>POOL/tries; test -e POOL/well' }
                """)
            // Before it is registered it is known by its name, then by its UUID.
            for count in [1, 6] {
                try expectFailure(scene)
                expectSilence(try scene.sandbox.run("run"))
                try pass(minutes: 4, in: scene)
                expectSilence(try scene.sandbox.run("run"))
                #expect(tries(scene) == count)
                try pass(minutes: 1, in: scene)
                try expectFailure(scene)
                try pass(minutes: 9, in: scene)
                expectSilence(try scene.sandbox.run("run"))
                #expect(tries(scene) == count + 1)
                try expectFailure(scene, "home")
                try expectFailure(scene, scene.image.string)
                #expect(tries(scene) == count + 3)
                try pass(minutes: 39, in: scene)
                expectSilence(try scene.sandbox.run("run"))
                // By a clock that was set back, it happened in the future.
                try scene.sql("UPDATE event SET at = at + 86400000")
                scene.expectNothingFrozen()
                try scene.scope.write("", to: scene.pool.path.appending("well"))
                expectSilence(try scene.sandbox.run("run"))
                #expect(tries(scene) == count + 4)
                try scene.sql("UPDATE event SET at = at - 86400000")
                try scene.age(days: 1)
                unlink(scene.pool.path.appending("well").string)
            }
            #expect(try scene.numbers() == [1, 2])
        }
    }

    @Test("dry run, json and check tell how often it failed, and when it is tried again")
    func told() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(CliRunTests.daily), before: 'false' } }")
            try expectFailure(scene)
            let once = try scene.sandbox.run("run", "--dry-run")
            #expect(once.succeeded && once.stdout.hasPrefix("home: failed once, next try at 20"), "\(once.stdout)")
            try expectFailure(scene, "home")
            let failedAt = try #require(try scene.sandbox.json("log")["events"].array?.last?["at"].string)
            for arguments in [["run"], ["run", "--dry-run"]] {
                let waiting = try JSONValue(parsing: scene.sandbox.losnap.run(arguments + ["--json"]).stdout)["not_due"][0]
                #expect(waiting["failures"].integer == 2 && waiting["failed_at"].string == failedAt)
                let next = try #require(waiting["next"].string)
                #expect(try Self.seconds(from: failedAt, to: next) == 600)
            }
            let named = try scene.sandbox.json("run", "--dry-run", "home")["due"][0]
            #expect(named["reason"] == "never" && named["failures"].integer == 2)
            #expect(try scene.sandbox.run("run", "--dry-run", "home").stdout == "home: due, for it was never taken; failed 2 times\n")
            #expect(try scene.checkFindings() == ["no_snapshot", "run_failed"])
            let check = try JSONValue(parsing: scene.sandbox.run("check", "--json").stdout)
            let message = check["findings"][1]["message"].string ?? ""
            #expect(message.contains("; failed 2 times, next try in "), "\(message)")
            #expect(check["sources"][0]["take_failures"].integer == 2)
            #expect(try Self.seconds(from: failedAt, to: check["sources"][0]["next_try"].string ?? "") == 600)
            try pass(minutes: 10, in: scene)
            let due = try JSONValue(parsing: scene.sandbox.run("check", "--json").stdout)
            #expect(due["sources"][0]["next_try"] == .null)
            #expect(due["findings"][1]["message"].string?.hasSuffix("; failed 2 times, the next run tries again") == true)
        }
    }

    private static func seconds(from: String, to: String) throws -> Int {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return Int(try style.parse(to).timeIntervalSince(style.parse(from)).rounded())
    }

    @Test("a group is one thing to wait for; others are not kept from being taken")
    func group() throws {
        try CliScene.with(image: nil) { scene in
            for name in ["log.img", "mail.img"] { _ = try scene.scope.plainImage(name, in: scene.pool.path) }
            try scene.configure(
                """
                sources:
                  home: { image: POOL/home.img, \(CliRunTests.daily), group: pair, before: 'echo x >>POOL/tries' }
                  log: { image: POOL/log.img, group: pair, before: 'false' }
                  mail: { image: POOL/mail.img, \(CliRunTests.daily) }
                """)
            try expectFailure(scene)
            #expect(try scene.listed().map { $0["source"] } == ["mail"])
            let report = try scene.sandbox.json("run")
            #expect(report["not_due"].array?.map { $0["failures"].integer } == [1, 1, 0])
            #expect(tries(scene) == 1)
            try expectFailure(scene, "log")
            try pass(minutes: 9, in: scene)
            expectSilence(try scene.sandbox.run("run"))
            try pass(minutes: 1, in: scene)
            try expectFailure(scene)
            #expect(tries(scene) == 3)
        }
    }
}
