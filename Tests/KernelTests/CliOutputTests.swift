// What comes out, and where to. The rule: whatever is in a name, nothing that a terminal obeys gets out; output that fails is told by the
// status; times are those of TZ.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Output", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliOutputTests {
    private let shell = Tool(executable: "/bin/sh")

    @Test("a reader that goes away does no harm")
    func closedReader() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...3 { try scene.create() }
            let losnap = scene.sandbox.losnap
            let outcome = try shell.run(
                ["-c", "{ \(losnap.executable) create home; echo $? >&2; } | true; { \(losnap.executable) list; echo $? >&2; } | head -1"],
                environment: losnap.environment)
            #expect(outcome.stderr == "0\n0\n")
            #expect(outcome.stdout.hasPrefix("NUMBER"))
            #expect(try scene.numbers() == [1, 2, 3, 4])
        }
    }

    @Test("a full disk under the output: status 73, and what was done is done")
    func fullOutput() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let losnap = scene.sandbox.losnap
            for command in ["list", "create home", "list --json"] {
                let outcome = try shell.run(["-c", "exec \(losnap.executable) \(command) >/dev/full"], environment: losnap.environment)
                #expect(outcome.status == .exited(73), "\(outcome.stderr)")
                if command.hasSuffix("--json") {
                    #expect(try JSONValue(parsing: outcome.stderr)["error"]["code"] == "output_failed")
                } else {
                    let complaint = Complaint(outcome)
                    #expect(complaint.errors.count == 1 && complaint.hints.first?.contains("losnap log") == true)
                }
            }
            #expect(try scene.numbers() == [1, 2])
        }
    }

    @Test("a closed stdout, and closed stdin and stderr, hurt no file")
    func closedStreams() throws {
        try CliScene.with { scene in
            try scene.create()
            let losnap = scene.sandbox.losnap
            _ = try shell.run(["-c", "exec \(losnap.executable) create home <&- >&- 2>&-"], environment: losnap.environment)
            #expect(try scene.listed().allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
            #expect(try scene.files().count == scene.numbers().count)
            #expect(try scene.sql("PRAGMA integrity_check") == "ok\n")
            scene.expectNothingFrozen()
        }
    }

    @Test("colour on a terminal only, and not with NO_COLOR")
    func colour() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let losnap = scene.sandbox.losnap
            func onTerminal(_ command: String, _ extra: [String: String] = [:]) throws -> String {
                try shell.run(
                    ["-c", "exec script -qec '\(losnap.executable) \(command)' /dev/null"],
                    environment: losnap.environment.merging(["TERM": "xterm"]) { $1 }.merging(extra) { $1 }
                ).stdout
            }
            #expect(try onTerminal("list").contains("\u{1B}["))
            #expect(try onTerminal("show 99").contains("\u{1B}["))
            #expect(try !onTerminal("list", ["NO_COLOR": "1"]).contains("\u{1B}"))
            #expect(try !onTerminal("list --json").contains("\u{1B}"))
            #expect(try !scene.sandbox.run("list").stdout.contains("\u{1B}"))
        }
    }

    @Test("names with escape sequences are shown escaped")
    func escapes() throws {
        try CliScene.with(image: nil) { scene in
            let odd = try scene.scope.freshDirectory("odd\u{1B}[31m\n\u{202E}dir")
            let bound = try scene.scope.bindMount(scene.pool.path, at: odd)
            let path = bound.path.appending("home.img").string
            #expect(try scene.sandbox.run("source", "add", "odd", path).succeeded)
            #expect(try scene.sandbox.run("create", "odd").succeeded)
            let commands = [["list", "--columns", "image,path"], ["show", "1"], ["source", "list"], ["log"], ["create", path + "x"]]
            for command in commands {
                let outcome = try scene.sandbox.losnap.run(command)
                for text in [outcome.stdout, outcome.stderr] {
                    #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"), "\(command)")
                }
                #expect((outcome.stdout + outcome.stderr).contains("\\u{1b}"), "\(command)")
            }
            #expect(try scene.sandbox.json("show", "1")["snapshot"]["image"] == .string(path))
        }
    }

    @Test("the list of sources has what the configuration says of each")
    func configuredSources() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let plain = try scene.sandbox.run("source", "list").stdout
            #expect(!plain.contains("POLICY") && !plain.contains("EVERY"))
            try scene.configure(
                """
                policies: { few: { keep: { last: 3 } } }
                defaults: { policy: few, every: ['06:00', '18:00'] }
                sources: { home: { image: POOL/home.img } }
                """)
            let lines = try scene.sandbox.run("source", "list").stdout.split(separator: "\n")
            #expect(lines.first?.contains("POLICY  EVERY         STATUS") == true, "\(lines)")
            #expect(lines.last?.contains("few     06:00, 18:00  ok") == true, "\(lines)")
            let source = try scene.sandbox.json("source", "list")["sources"][0]
            #expect(source["policy"] == "few" && source["schedule"] == .array(["06:00", "18:00"]))

            try scene.configure("sources: { home: { image: POOL/other.img, every: 1h } }")
            let other = try scene.sandbox.json("source", "list")
            #expect(other["sources"][0]["schedule"] == .null && other["warnings"][0]["code"] == "configured_otherwise")
        }
    }

    @Test("times are those of TZ, or UTC, on screen and on the command line")
    func timeZones() throws {
        try CliScene.with(image: nil) { scene in
            let london = ["TZ": "Europe/London"]
            for time in ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"] {
                #expect(try scene.sandbox.run("create", scene.image.string, "--time", time).succeeded)
            }
            let local = try scene.sandbox.run("list", environment: london).stdout
            #expect(local.contains("2026-03-29 00:59:59") && local.contains("2026-03-29 02:00:00"))
            let utc = try scene.sandbox.run("list", "--utc", environment: london).stdout
            #expect(utc.contains("2026-03-29 00:59:59") && utc.contains("2026-03-29 01:00:00"))
            #expect(try scene.sandbox.json("show", "home@2026-03-29 02:00", environment: london)["snapshot"]["number"] == 2)
            #expect(try scene.sandbox.json("list", "--since", "2026-03-29 02:00", environment: london)["snapshots"].count == 1)
            #expect(try scene.sandbox.json("list", environment: london)["snapshots"][1]["taken_at"] == "2026-03-29T01:00:00.000Z")
        }
    }
}
