// `policy list`, `show` and `simulate`: what they draw, word for word, and what they refuse.

import CloneCore
import Foundation
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import losnap

@Suite(.timeLimit(.minutes(15))) struct PolicyCommandTests {
    private static let text = """
        policies:
          standard: { keep: { hourly: 24, daily: 7, weekly: 4, monthly: 12 }, timezone: Europe/London }
          long: { inherits: standard, keep: { hourly: null, yearly: all, labels: 'before-*' }, scope: all }
          young: { keep: { within: 2d } }
          base: { timezone: UTC }
          marked: { keep: { tags: [ release ] } }
        sources:
          home: { image: /srv/home.img, policy: standard, every: 1h }
          mail: { image: /srv/mail.img, policy: standard, every: 1h }
          vms: { image: /srv/vms/*.img, policy: standard, every: [ 06:00, 18:00 ], timezone: UTC }
          idle: { image: /srv/idle.img, policy: standard }
          old: { image: /srv/old.img, policy: long, every: 1d }

        """

    /// Runs with that configuration, at noon of 2026-11-23 in UTC.
    private func run(_ arguments: [String], year: Int64 = 0) throws -> RunOutcome {
        try TestScope.with { scope in
            let path = scope.directory.appending("losnap.yaml")
            try scope.write(Self.text, to: path)
            var kernel = Kernel.linux
            kernel.realTime = { Samples.now.milliseconds + year * 31_536_000_000 }
            let environment = ["LOSNAP_CONFIG": path.string, "TZ": "UTC", "HOME": "/nonexistent", "LOSNAP_RUNTIME_DIR": "/nonexistent"]
            let session = Session(
                arguments: arguments, environment: { environment[$0] }, userID: 1000, currentDirectory: { "/" },
                output: OutputStream(descriptor: nil), complaints: OutputStream(descriptor: nil), kernel: kernel)
            let status = Program.run(arguments, in: session)
            let stdout = session.output.collected.replacing(path.string, with: "/c.yaml")
            return RunOutcome(status: status, stdout: stdout, stderr: session.complaints.collected)
        }
    }

    @Test(arguments: [
        ("policy-list.txt", ["policy", "list"]), ("policy-list.json", ["policy", "list", "--json"]),
        ("policy-show.txt", ["policy", "show", "standard"]), ("policy-show-growing.txt", ["policy", "show", "long"]),
        ("policy-show-within.txt", ["policy", "show", "young"]), ("policy-show-marked.txt", ["policy", "show", "marked"]),
        ("policy-show-base.txt", ["policy", "show", "base"]), ("policy-show.json", ["policy", "show", "young", "--json"]),
        (
            "policy-simulate.txt",
            ["policy", "simulate", "standard", "--every", "1h", "--for", "3y", "--pause", "2w@6mo", "--pause", "1d@13mo"]
        ),
        ("policy-simulate-default.txt", ["policy", "simulate", "long"]),
        (
            "policy-simulate-rules.txt",
            [
                "policy", "simulate", "--every", "07:30,19:30", "--for", "60d", "--keep-last", "3", "--keep-within-weekly", "1mo",
                "--timezone", "America/New_York", "--from", "2026-03-01",
            ]
        ),
        (
            "policy-simulate.json",
            ["policy", "simulate", "--every", "1d", "--for", "10d", "--keep-daily", "3", "--pause", "3d@4d", "--json"]
        ),
    ]) func `what is shown is as it was`(golden: String, arguments: [String]) throws {
        let outcome = try run(arguments)
        #expect(outcome.status == .done)
        #expect(outcome.stderr == "")
        expectGolden(outcome.stdout, golden)
    }

    @Test func `a simulation does not look at the clock`() throws {
        let arguments = ["policy", "simulate", "standard", "--every", "6h", "--for", "90d"]
        #expect(try run(arguments).stdout == run(arguments, year: 5).stdout)
    }

    @Test(
        arguments: [
            (["show", "standrd"], "no policy is called 'standrd'", "did you mean standard?", losnap.ExitStatus.notFound),
            (
                ["show", "x"], "no policy is called 'x'", "see losnap policy list; policies are defined in the configuration",
                .notFound
            ),
            (["simulate", "standrd"], "no policy is called 'standrd'", "did you mean standard?", .notFound),
            (["simulate"], "there is nothing to simulate", "name a policy, or give rules such as --keep-daily 7", .usage),
            (["simulate", "standard"], "there is no schedule to simulate, or more than one", "give one, such as --every 1h", .usage),
            (
                ["simulate", "--keep-last", "1"], "there is no schedule to simulate, or more than one", "give one, such as --every 1h",
                .usage
            ),
            (
                ["simulate", "base", "--every", "1h"], "the policy 'base' has no rules",
                "it is there to be inherited; see losnap policy list", .usage
            ),
            (
                ["simulate", "long", "--keep-last", "1"], "both a policy and rules are given",
                "name the policy 'long', or give rules, not both", .usage
            ),
            (["simulate", "long", "--every", "30s"], "--every: '30s' is shorter than a minute", "write at least 1min", .usage),
            (
                ["simulate", "long", "--every", "7:00,"], "--every: '7:00' is not a time of day",
                "write it like 07:30, from 00:00 to 23:59", .usage
            ),
            (["simulate", "long", "--for", "3m"], "--for: 'm' in the duration '3m' could mean months or minutes", nil, .usage),
            (
                ["simulate", "long", "--pause", "2w"], "--pause: '2w' is not a length and a start",
                "write it like 2w@6mo: two weeks, after six months", .usage
            ),
            (
                ["simulate", "long", "--pause", "2w@1y"], "--pause: '2w@1y' begins when the simulation is over",
                "give a longer --for, or an earlier pause", .usage
            ),
            (["simulate", "long", "--timezone", "Mars"], "--timezone: unknown time zone 'Mars'", nil, .usage),
            (
                ["simulate", "long", "--every", "1min", "--for", "4y"], "4y of snapshots every 1min are 2103842, too many to simulate",
                "at most 2000000 are; give a shorter --for or a longer --every", .usage
            ),
        ] as [([String], String, String?, losnap.ExitStatus)])
    func `what makes no sense is refused`(arguments: [String], message: String, hint: String?, status: losnap.ExitStatus) throws {
        let outcome = try run(["policy"] + arguments)
        #expect(outcome.status == status)
        #expect(outcome.stdout == "")
        #expect(outcome.stderr.contains("losnap: error: \(message)\n"))
        if let hint { #expect(outcome.stderr.contains("losnap: hint: \(hint)\n")) }
    }

    @Test func `without a configuration there are no policies`() {
        #expect(losnapRun("policy", "list").stdout == "no policies are configured\n")
        #expect(losnapRun("policy", "show", "x").status == .notFound)
        #expect(losnapRun("policy").status == .usage)
        #expect(losnapRun("policy", "simulate", "--every", "1d", "--keep-daily", "7").status == .done)
    }

    private func losnapRun(_ arguments: String...) -> RunOutcome {
        let session = session(arguments)
        let status = Program.run(arguments, in: session)
        return RunOutcome(status: status, stdout: session.output.collected, stderr: session.complaints.collected)
    }

    @Test func `no line of a picture is wider than a terminal, and colours add nothing to the words`() throws {
        let start = try Samples.instant("2026-11-23T12:00:00Z")
        var keep = Samples.keep
        keep.periods[.quarterly] = .count(40)
        keep.periods[.yearly] = .all
        keep.last = .count(3)
        // Many more than fit, every 11 hours, some of them to go.
        let judged = (0..<30_000).map { index in
            Judged(
                takenAt: start.advanced(byMilliseconds: -39_600_000 * Int64(index)),
                verdict: index % 7 == 3 ? .remove : .keep([Reason(.hourly), Reason(.quarterly), Reason(.last)]))
        }
        let picture = PictureText(judged, keep: keep, zone: .gmt)
        let plain = picture.text(.plain)
        #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(plain.split(separator: "\n").count == 9)
        #expect(plain.utf8.allSatisfy { $0 < 0x80 })
        let coloured = picture.text(TextStyle(isColoured: true))
        #expect(coloured != plain)
        #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == plain)
        #expect(PictureText([], keep: keep, zone: .gmt).text(.plain) == "")
    }

    @Test(
        arguments: [
            (0, "0 seconds"), (999, "1 second"), (90_000, "90 seconds"), (16_200_000, "5 hours"), (3_600_000, "1 hour"),
            (86_400_000 * 10, "10 days"),
            (86_400_000 * 14, "2 weeks"), (86_400_000 * 365, "1 year"), (86_400_000 * 3652, "10 years"), (86_400_000 * 30, "1 month"),
        ] as [(Int64, String)]) func `lengths of time`(milliseconds: Int64, words: String)
    {
        #expect(LongTime.words(milliseconds) == words)
    }
}
