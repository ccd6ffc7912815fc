// What `run` prunes, and what a dry run says of it.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Run: pruning", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliRunPruneTests {
    @Test("a dry run says what is due and what would go, and changes nothing")
    func dryRun() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure(
                """
                policies: { few: { keep: { last: 1 } } }
                sources: { home: { image: POOL/home.img, \(CliRunTests.daily), policy: few } }
                """)
            let fresh = try scene.sandbox.run("run", "--dry-run")
            #expect(fresh.succeeded && fresh.stdout == "home: due, for it was never taken\n")
            #expect(!FileManager.default.fileExists(atPath: scene.sandbox.catalogue.string))
            expectSilence(try scene.sandbox.run("run"))
            try scene.age(days: 2)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [2])
            try scene.age(days: 2)
            // Two of the schedule's, of which one may go.
            try scene.sql("UPDATE snapshot SET origin = 'run'")
            try scene.create()
            try scene.sql("UPDATE snapshot SET origin = 'run'")
            let before = try scene.picture()
            let planned = try scene.sandbox.run("run", "--dry-run")
            #expect(planned.stdout.contains("home: not due before "))
            #expect(planned.stdout.contains("home, policy few: would remove 1 of 2 snapshots: 2\n"), "\(planned.stdout)")
            let json = try scene.sandbox.json("run", "--dry-run")
            #expect(json["pruned"][0]["removed"][0]["snapshot"]["number"] == 2 && json["dry_run"] == true)
            try scene.expectUnchanged(since: before)
        }
    }

    @Test("prunes by policy what the schedule took, and nothing else")
    func prune() throws {
        try CliScene.with(image: nil) { scene in
            _ = try scene.scope.plainImage("mail.img", in: scene.pool.path)
            try scene.configure(
                """
                policies: { few: { keep: { last: 2 } } }
                sources:
                  home: { image: POOL/home.img, \(CliRunTests.daily), policy: few }
                  mail: { image: POOL/mail.img, \(CliRunTests.daily) }
                """)
            try scene.create()
            for _ in 1...4 {
                expectSilence(try scene.sandbox.run("run"))
                try scene.age(days: 1)
            }
            let listed = try scene.listed()
            #expect(listed.count { $0["source"] == "home" && $0["origin"] == "run" } == 2)
            #expect(listed.count { $0["source"] == "home" && $0["origin"] == "manual" } == 1)
            #expect(listed.count { $0["source"] == "mail" } == 4)
            let events = try scene.sandbox.json("log")["events"].array ?? []
            #expect(events.count { $0["kind"] == "pruned" && $0["reason"] == "policy few: no rule keeps it" } == 2)
            // A source that the configuration contradicts is left alone, and told.
            try scene.configure(
                """
                policies: { few: { keep: { last: 1 } } }
                sources: { home: { image: POOL/mail.img, policy: few } }
                """)
            let refused = try scene.sandbox.run("run")
            #expect(refused.status == .exited(78), "\(refused.stderr)")
            #expect(try scene.listed().count == 7)
        }
    }

    @Test("on a full catalogue disk it still prunes, and says that nothing could be taken")
    func fullCatalogue() throws {
        try CliScene.with(image: nil) { scene in
            // A block as large as a page: SQLite's index of the log, which is mapped, has no holes in a page then that need room when they are touched.
            let disk = try scene.scope.pool(.ext4, size: 16 << 20, blockBytes: 4096)
            var losnap = scene.sandbox.losnap
            losnap.environment["LOSNAP_CATALOGUE"] = disk.path.appending("catalogue.sqlite").string
            try scene.configure("sources: { home: { image: POOL/home.img, every: 1min } }")
            for _ in 1...6 { #expect(try losnap.run(["create", scene.image.string]).succeeded) }
            _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(disk.path)/filler", "bs=4k", "status=none"])
            while try losnap.run(["create", "home"]).succeeded {}
            let before = try scene.files().count
            try scene.configure(
                """
                policies: { few: { keep: { last: 2 }, scope: all } }
                sources: { home: { image: POOL/home.img, every: 1min, policy: few } }
                """)
            let outcome = try losnap.run(["run"])
            #expect(outcome.status == .exited(73) || outcome.status == .exited(3), "\(outcome.status) \(outcome.stderr)")
            #expect(outcome.stderr.contains("full"), "\(outcome.stderr)")
            #expect(try scene.files().count == 2 && before > 2, "\(outcome.stderr)")
            // There is room again.
            unlink("\(disk.path)/filler")
            expectSilence(try losnap.run(["run"]))
        }
    }
}
