// `run` on real pools: what it takes, what it leaves, and that it says nothing when all is well. The rule of these tests: schedules are of a day, in a
// zone where it is far from midnight, so that no test meets the beginning of a slot; where one has to begin, what was taken is made older.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Run", .needsRoot, .timeLimit(.minutes(15)))
struct CliRunTests {
    /// Every day, by a clock on which it is about noon.
    static var daily: String {
        let hour = (time(nil) / 3600) % 24
        let offset = hour - 12
        // Etc/GMT+5 is five hours behind.
        return "every: 1d, timezone: Etc/GMT\(offset >= 0 ? "+" : "")\(offset)"
    }

    private func expectSilence(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(
            outcome.succeeded && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome.status) \(outcome.stdout)\(outcome.stderr)",
            sourceLocation: sourceLocation)
    }

    @Test("takes what is due, silently, and nothing the second time; what create takes does not count")
    func main() throws {
        try CliScene.with { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(Self.daily) } }")
            try scene.create()
            expectSilence(try scene.sandbox.run("run"))
            expectSilence(try scene.sandbox.run("run"))
            let listed = try scene.listed()
            #expect(listed.map { $0["origin"].string } == ["manual", "run"])
            #expect(listed.allSatisfy { $0["consistency"] == "frozen" && $0["source"] == "home" })
            // A day later, as far as the catalogue can tell.
            try scene.age(days: 1)
            expectSilence(try scene.sandbox.run("run"))
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [1, 2, 3])
            scene.expectNothingFrozen()
        }
    }

    @Test("json says what was taken and what was not due")
    func json() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(Self.daily) } }")
            let first = try scene.sandbox.json("run")
            #expect(first["taken"][0]["source"] == "home" && first["taken"][0]["origin"] == "run")
            #expect(first["not_due"].count == 0 && first["failed"].count == 0 && first["busy"] == false)
            let second = try scene.sandbox.json("run")
            #expect(second["taken"].count == 0)
            #expect(second["not_due"][0]["source"] == "home")
            #expect(second["not_due"][0]["last"] == first["taken"][0]["taken_at"])
            #expect(second["not_due"][0]["next"].string != nil)
        }
    }

    @Test("one that fails stops no other, and is told and logged")
    func independent() throws {
        try CliScene.with(image: nil) { scene in
            _ = try scene.scope.plainImage("mail.img", in: scene.pool.path)
            try scene.configure(
                """
                sources:
                  gone: { image: POOL/gone.img, \(Self.daily) }
                  home: { image: POOL/home.img, \(Self.daily) }
                  mail: { image: POOL/mail.img, \(Self.daily) }
                """)
            let outcome = try scene.sandbox.run("run")
            #expect(outcome.status == .exited(3))
            #expect(outcome.stdout.isEmpty)
            #expect(
                outcome.stderr == """
                    losnap: error: gone: \(scene.pool.path)/gone.img: no such file
                    losnap: hint: check the path

                    """)
            #expect(try scene.listed().compactMap { $0["source"].string } == ["home", "mail"])
            let events = try scene.sandbox.json("log")["events"].array ?? []
            let failed = try #require(events.first { $0["kind"] == "run_failed" })
            #expect(failed["source"] == "gone" && failed["reason"].string?.contains("no such file") == true)
            // When it alone is tried, the status is its own.
            #expect(try scene.sandbox.run("run").status == .exited(66))
            #expect(try scene.sandbox.run("run", "home").succeeded)
        }
    }

    @Test("a pattern: one source each; one that is gone is not due, one that is new is taken")
    func pattern() throws {
        try CliScene.with(image: nil) { scene in
            let first = try scene.scope.plainImage("vm1.img", in: scene.pool.path)
            try scene.configure("sources: { vms: { image: POOL/vm*.img, \(Self.daily) } }")
            expectSilence(try scene.sandbox.run("run"))
            _ = try scene.scope.plainImage("vm2.img", in: scene.pool.path)
            unlink(first.string)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.listed().compactMap { $0["source"].string } == ["vm1", "vm2"])
            try scene.age(days: 1)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.listed().compactMap { $0["source"].string } == ["vm1", "vm2", "vm2"])
        }
    }

    @Test("a group is taken in one freeze, all or none, as soon as one is due")
    func group() throws {
        try CliScene.with { scene in
            let mail = try scene.scope.mountedImage("mail.img", in: scene.pool.path, .ext4)
            _ = try scene.scope.plainImage("later.img", in: scene.pool.path)
            try scene.configure(
                """
                sources:
                  home: { image: POOL/home.img, \(Self.daily), group: pair, before: 'echo b $LOSNAP_SOURCE $LOSNAP_GROUP >>POOL/order', after: 'echo a $LOSNAP_SOURCE >>POOL/order' }
                  mail: { image: POOL/mail.img, group: pair, before: 'echo b $LOSNAP_SOURCE >>POOL/order', after: 'echo a $LOSNAP_SOURCE >>POOL/order' }
                """)
            expectSilence(try scene.sandbox.run("run", mail.path.string))
            let listed = try scene.listed()
            #expect(listed.count == 2)
            #expect(listed[0]["group"].string != nil && listed[0]["group"] == listed[1]["group"])
            #expect(listed[0]["taken_at"] == listed[1]["taken_at"])
            let order = try String(contentsOfFile: scene.pool.path.appending("order").string, encoding: .utf8)
            #expect(order == "b home pair\nb mail\na mail\na home\n")
            try scene.age(days: 1)
            // One that can't be taken keeps the other from being taken, too.
            try mail.mount.unmount()
            try Command.run("losetup", ["--detach", mail.device.path.string])
            unlink(mail.file.string)
            let outcome = try scene.sandbox.run("run")
            #expect(outcome.status == .exited(66))
            #expect(outcome.stderr.hasPrefix("losnap: error: home, mail (group pair): \(mail.file): no such file\n"))
            #expect(try scene.numbers() == [1, 2])
            scene.expectNothingFrozen()
        }
    }

    @Test("while another run is taking: status 0 and silence, or 75")
    func busy() throws {
        try CliScene.with(image: nil) { scene in
            let marker = scene.pool.path.appending("marker")
            try scene.configure(
                "sources: { home: { image: POOL/home.img, \(Self.daily), before: 'touch POOL/marker; while [ -e POOL/marker ]; do sleep 0.1; done' } }"
            )
            let first = try scene.scope.start(scene.sandbox.losnap.invocation(["run"]))
            try waitFor(marker)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.sandbox.json("run")["busy"] == true)
            let refused = try scene.sandbox.run("run", "--busy-fails")
            #expect(refused.status == .exited(75))
            #expect(refused.stderr.contains("another run is at work (process \(first.pid))"))
            unlink(marker.string)
            #expect(first.finish(within: .seconds(60)).succeeded)
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("while another run is pruning, for however long, what is due is taken; the pruning is left to that run")
    func longPrune() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure(
                "policies: { one: { keep: { last: 1 } } }\nsources: { home: { image: POOL/home.img, \(Self.daily), policy: one } }")
            expectSilence(try scene.sandbox.run("run"))
            try scene.age(days: 1)
            let catalogue = try scene.sql("SELECT id FROM meta").trimmingCharacters(in: .newlines)
            let lock = scene.sandbox.runtime.appending("lock").appending("run-prune-\(catalogue)")
            #expect(FileManager.default.fileExists(atPath: lock.string), "it is the lock of the pruning")
            let (marker, stay) = (scene.pool.path.appending("marker"), scene.pool.path.appending("stay"))
            try scene.scope.write("", to: stay)
            let holder = try scene.scope.start(
                Tool(executable: "/usr/bin/flock").invocation(
                    [lock.string, "sh", "-c", "touch \(marker); while [ -e \(stay) ]; do sleep 0.1; done"]))
            try waitFor(marker)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [1, 2])
            unlink(stay.string)
            #expect(holder.finish(within: .seconds(60)).succeeded)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [2])
        }
    }

    @Test("it waits for another losnap that works on the source for a moment")
    func waits() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(Self.daily) } }")
            expectSilence(try scene.sandbox.run("run"))
            try scene.age(days: 1)
            let locks = scene.sandbox.runtime.appending("lock")
            let names = try FileManager.default.contentsOfDirectory(atPath: locks.string).filter { $0.hasPrefix("directory-") }
            let lock = locks.appending(try #require(names.first))
            let marker = scene.pool.path.appending("marker")
            let holder = Tool(executable: "/usr/bin/flock").invocation([lock.string, "sh", "-c", "touch \(marker); sleep 3"])
            let process = try scene.scope.start(holder)
            try waitFor(marker)
            expectSilence(try scene.sandbox.run("run"))
            #expect(process.poll() != nil, "the lock was held while the snapshot was taken")
            #expect(try scene.numbers() == [1, 2])
        }
    }

    @Test("a dry run says what is due and what would go, and changes nothing")
    func dryRun() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure(
                """
                policies: { few: { keep: { last: 1 } } }
                sources: { home: { image: POOL/home.img, \(Self.daily), policy: few } }
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
                  home: { image: POOL/home.img, \(Self.daily), policy: few }
                  mail: { image: POOL/mail.img, \(Self.daily) }
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
            let disk = try scene.scope.pool(.ext4, size: 16 << 20)
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

    @Test("what a kill has left is mended by the next run, and counts as taken if it is whole")
    func mends() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(Self.daily) } }")
            expectSilence(try scene.sandbox.run("run"))
            try scene.sql("UPDATE snapshot SET state = 'pending', file_name = NULL")
            let outcome = try scene.sandbox.run("run")
            #expect(outcome.succeeded && outcome.stderr.contains("is complete now"), "\(outcome.stderr)")
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("without a configuration it is refused; an empty one is well")
    func configuration() throws {
        try CliScene.with(image: nil) { scene in
            expectSilence(try scene.sandbox.run("run"))
            #expect(!FileManager.default.fileExists(atPath: scene.sandbox.catalogue.string))
            try scene.configure("sources: { home: { image: POOL/home.img, evry: 1d } }")
            try scene.expect("run", refused: Refusal(78, "configuration_invalid", says: "evry", hint: "every"))
            try scene.configure("sources: { home: { image: POOL/home.img, every: 1d } }")
            try scene.expect("run", "hoem", refused: Refusal(66, "unknown_entry", says: "hoem", hint: "home"))
        }
    }

    @Test("unchanged images are not taken again, and that counts as seen to")
    func unchanged() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(Self.daily), if-changed: true } }")
            expectSilence(try scene.sandbox.run("run"))
            try scene.age(days: 1)
            let second = try scene.sandbox.json("run")
            #expect(second["taken"].count == 0 && second["unchanged"][0]["source"] == "home")
            #expect(try scene.sandbox.json("run")["not_due"][0]["source"] == "home")
            #expect(try scene.numbers() == [1])
        }
    }
}

extension CliScene {
    /// Writes the configuration; POOL stands for the pool's directory.
    func configure(_ text: String) throws {
        try scope.write(text.replacing("POOL", with: pool.path.string) + "\n", to: sandbox.configuration)
        chmod(sandbox.configuration.string, 0o600)
    }

    /// Lets everything that is in the catalogue have happened so many days earlier.
    func age(days: Int) throws {
        let difference = days * 86_400_000
        try sql("UPDATE snapshot SET taken_at = taken_at - \(difference); UPDATE event SET at = at - \(difference);")
    }
}

/// Waits until there is such a file.
func waitFor(_ path: FilePath) throws {
    let end = ContinuousClock.now + .seconds(30)
    while !FileManager.default.fileExists(atPath: path.string) {
        if ContinuousClock.now > end { throw Errno.timeout }
        usleep(10_000)
    }
}
