// `run` on real pools: what it takes, what it leaves, and that it says nothing when all is well. The rule of these tests: schedules are of a day, in a
// zone where it is far from midnight, so that no test meets the beginning of a slot; where one has to begin, what was taken is made older.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Run", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliRunTests {
    /// Every day, by a clock on which it is about noon.
    static var daily: String {
        let hour = (time(nil) / 3600) % 24
        let offset = hour - 12
        // Etc/GMT+5 is five hours behind.
        return "every: 1d, timezone: Etc/GMT\(offset >= 0 ? "+" : "")\(offset)"
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

    @Test("record and catalogue tell the policy that a source had when it was taken")
    func recordsPolicy() throws {
        try CliScene.with(image: nil) { scene in
            func record(_ number: Int) throws -> String {
                let path = try #require(try scene.sandbox.json("show", "\(number)")["snapshot"]["path"].string)
                return try Command.run("getfattr", ["--absolute-names", "-n", "trusted.losnap", "--only-values", path])
            }
            let recorded = "SELECT policy, scope FROM source"
            try scene.configure(
                """
                policies: { few: { keep: { last: 3 } }, all: { keep: { last: 3 }, scope: all } }
                sources: { home: { image: POOL/home.img, policy: few, \(Self.daily) } }
                """)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try record(1).contains(#""scope":"run""#) && scene.sql(recorded) == "few|run\n")
            try scene.configure(
                """
                policies: { all: { keep: { last: 3 }, scope: all } }
                sources: { home: { image: POOL/home.img, policy: all, snapshot-directory: POOL/other } }
                """)
            try scene.create()
            #expect(try record(2).contains(#""scope":"all""#) && scene.sql(recorded) == "all|all\n")

            // Without the configuration it is still known that rules for all others are not for this one.
            try scene.configure("")
            let pruned = try scene.sandbox.run("prune", "--keep-last", "1")
            #expect(pruned.succeeded && Complaint(pruned).warnings.contains { $0.contains("home") }, "\(pruned)")
            #expect(try scene.numbers() == [1, 2])
            #expect(try scene.sandbox.json("source", "list")["sources"][0]["policy"] == "all")
            try scene.create()
            #expect(try !record(3).contains("scope") && scene.sql(recorded) == "|\n")
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
            // It is left alone for a while; when it alone is tried, the status is its own.
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.sandbox.run("run", "gone").status == .exited(66))
            #expect(try scene.sandbox.run("run", "home").succeeded)
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

    @Test("of a group the smallest size counts, and one without a size has it taken; the hooks run though nothing is")
    func unchangedGroup() throws {
        try CliScene.with(image: nil) { scene in
            let mail = try scene.scope.plainImage("mail.img", in: scene.pool.path)
            let log = scene.scope.directory.appending("hooks")
            func configure(_ mailLimit: String) throws {
                let hook = "echo $LOSNAP_HOOK $LOSNAP_STATUS >>\(log)"
                try scene.configure(
                    """
                    defaults: { \(Self.daily) }
                    sources:
                      home: { image: POOL/home.img, group: both, if-changed: 1GiB, before: '\(hook)', after: '\(hook)', failed: '\(hook)' }
                      mail: { image: POOL/mail.img, group: both\(mailLimit) }
                    """)
            }
            func run() throws -> JSONValue {
                try scene.age(days: 1)
                return try scene.sandbox.json("run")
            }
            try configure(", if-changed: 64KiB")
            expectSilence(try scene.sandbox.run("run"))
            try Command.run("rm", [log.string])

            let idle = try run()
            #expect(idle["taken"].count == 0 && idle["unchanged"].count == 2)
            #expect(idle["unchanged"].array?.allSatisfy { $0["limit_bytes"] == .integer(64 << 10) } == true)
            #expect(try String(contentsOfFile: log.string, encoding: .utf8) == "before\nafter unchanged\n")

            let file = try FileDescriptor.open(mail, .writeOnly)
            try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 1 << 19, [UInt8](repeating: 1, count: 128 << 10)) }
            #expect(try run()["taken"].count == 2)
            #expect(try run()["taken"].count == 0)
            try configure("")
            #expect(try run()["taken"].count == 2)
        }
    }

    @Test("the null device says that nothing is configured")
    func nullDevice() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(Self.daily) } }")
            let none = ["LOSNAP_CONFIG": "/dev/null"]
            expectSilence(try scene.sandbox.run("run", environment: none))
            #expect(try scene.sandbox.json("config", "check", environment: none)["source_count"] == 0)
            #expect(try scene.sandbox.json("config", "check", "--config", "/dev/null")["file"] == "/dev/null")
            #expect(try scene.sandbox.run("create", "\(scene.image)", environment: none).succeeded)
            #expect(try scene.sandbox.json("run", "--dry-run", "--config", "/dev/null")["due"].count == 0)
        }
    }
}
