// The texts of `check`: for people and plugins, for programs, for Prometheus.

import Automation
import CloneCore
import Foundation
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots
@testable import losnap

@Suite struct CheckRenderingTests {
    /// A check with a finding of nearly every kind, and names that want to be escaped.
    static func facts() throws -> CheckFacts {
        var facts = CheckFacts(now: Samples.now)
        let hourly = CheckedSchedule(try Schedule(parsing: ["1h"]), zone: .gmt)
        var home = SourceSurvey(source: try Samples.source())
        home.snapshotCount = 12
        home.newest = try Samples.instant("2026-11-23T11:59:18.123Z")
        home.newestOfRun = home.newest
        var vm = SourceSurvey(source: try Samples.source("vm.1"))
        vm.snapshotCount = 3
        vm.newest = try Samples.instant("2026-11-23T07:00:00Z")
        vm.missing = [try #require(SnapshotNumber(7))]
        vm.orphans = ["/srv/a|b\n.img"]
        facts.sources = [
            SourceFacts(name: "home", schedule: hourly, survey: home, lastSuccess: home.newest),
            SourceFacts(
                name: "vm.1", schedule: hourly, survey: vm, lastSuccess: vm.newest,
                failure: FailedRun(at: try Samples.instant("2026-11-23T11:00:00Z"), reason: "take: failed"),
                retry: Retry(
                    failures: TakeFailures(count: 5, last: try Samples.instant("2026-11-23T11:00:00Z")),
                    next: Samples.now.advanced(byMilliseconds: 720_000))),
            SourceFacts(name: "new", schedule: hourly),
        ]
        let pool = PoolIdentity(type: "xfs", uuid: "01020304-0506-0708-090a-0b0c0d0e0f10")
        facts.pools = [
            PoolSpace(path: "/srv", pool: pool, usedBytes: 7_312_987, availableBytes: 2_687_013),
            PoolSpace(path: "/p \"q\\' =|\n", pool: pool, usedBytes: 9_000, availableBytes: 1_000),
        ]
        facts.pruning = PruningUnderway(pid: 4711, since: try Samples.instant("2026-11-23T08:00:00Z"))
        facts.frozen = [FreezeLeft(mountPoint: "/home", device: DeviceNumber(major: 7, minor: 1))]
        return facts
    }

    private func text(_ facts: CheckFacts) -> String { CheckPresentation(report: facts.judged()).text(Samples.utc) }

    @Test func `all forms`() throws {
        let facts = try Self.facts()
        expectGolden(text(facts), "check.txt")
        let presentation = CheckPresentation(report: facts.judged())
        expectGolden(JSON.object(presentation.fields(Samples.utc)).text + "\n", "check.json")
        expectGolden(PrometheusText(facts.judged()).text, "check.prom")
    }

    @Test func `all is well`() throws {
        var facts = try Self.facts()
        facts.sources = [facts.sources[0]]
        facts.pools = [facts.pools[0]]
        facts.frozen = []
        facts.pruning = nil
        #expect(
            text(facts)
                == "LOSNAP OK - 1 source, newest 41s ago | 'home_age'=41s;3600;10800;0 'missing'=0;;0;0 'orphans'=0;0;;0 "
                + "'pool_/srv'=73.1%;85;95;0;100\n")
        facts.sources[0].schedule?.missedWarning = nil
        #expect(text(facts).contains("'home_age'=41s;;10800;0 "))
        facts.sources[0].survey?.newest = nil
        facts.sources[0].schedule = nil
        #expect(text(facts).hasPrefix("LOSNAP OK - 1 source, no snapshots | 'missing'"))
    }

    @Test func `one message, one bar, no control characters`() throws {
        let lines = text(try Self.facts()).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].count(where: { $0 == "|" }) == 1)
        for line in lines.dropFirst() { #expect(!line.contains("|")) }
        let whole = lines.joined(separator: "\n")
        #expect(whole.unicodeScalars.allSatisfy { $0 == "\n" || !EscapedText.isDangerous($0) })
        // Every item of the performance data is what the guidelines say.
        let data = try #require(lines[0].split(separator: "|").last)
        let item = /'[^'=|]+'=[0-9.]+(s|%)?(;[0-9.]*){0,4}/
        for word in data.matches(of: /'[^']*'\S*/) { #expect(word.output.wholeMatch(of: item) != nil, "\(word.output)") }
        #expect(data.matches(of: /'[^']*'\S*/).map { String($0.output) }.joined(separator: " ") == data.drop { $0 == " " })
    }

    @Test func `metrics are what Prometheus reads`() throws {
        let metrics = try Metrics(PrometheusText(try Self.facts().judged()).text)
        #expect(metrics.value("losnap_check_status") == 2)
        #expect(metrics.value("losnap_check_timestamp_seconds") == 1_795_435_200)
        #expect(metrics.value("losnap_freeze_records_left") == 1)
        #expect(metrics.value("losnap_snapshots", "source", "home") == 12)
        #expect(metrics.value("losnap_source_status", "source", "home") == 0)
        #expect(metrics.value("losnap_source_status", "source", "vm.1") == 2)
        #expect(metrics.value("losnap_run_failed", "source", "vm.1") == 1)
        #expect(metrics.value("losnap_snapshots_missing", "source", "vm.1") == 1)
        #expect(metrics.value("losnap_orphans", "source", "vm.1") == 1)
        #expect(metrics.value("losnap_snapshot_newest_timestamp_seconds", "source", "home") == 1_795_435_158.123)
        #expect(metrics.value("losnap_snapshots", "source", "new") == nil)
        #expect(metrics.value("losnap_pool_used_ratio", "pool", "/srv") == 0.7312)
        #expect(metrics.value("losnap_pool_used_ratio", "pool", "/p \"q\\' =|\n") == 0.9)
        var facts = CheckFacts(now: Samples.now)
        facts.pools = [PoolSpace(path: "/", pool: PoolIdentity(type: "xfs", uuid: ""), usedBytes: 1, availableBytes: 0)]
        let full = try Metrics(PrometheusText(facts.judged()).text)
        #expect(full.value("losnap_check_status") == 2)
        #expect(full.value("losnap_pool_used_ratio", "pool", "/") == 1)
    }

    @Test func `nothing to check, and what can't be checked, is unknown`() throws {
        let none = run("check")
        #expect(none.status == .partial)
        #expect(
            none.stdout.hasPrefix("LOSNAP UNKNOWN - /nonexistent/.local/state/losnap/catalogue.sqlite: there is no catalogue\nUNKNOWN: "))
        #expect(none.stderr.isEmpty)
        for arguments in [
            ["check", "--nothing"], ["check", ".x"], ["check", "home", "--json", "--prometheus", "-"], ["check", "--prometheus"],
        ] {
            let session = session(arguments)
            #expect(Program.run(arguments, in: session) == .partial, "\(arguments)")
            let isPlain = !arguments.contains("--json") && !arguments.contains("--prometheus")
            #expect(session.output.collected.hasPrefix("LOSNAP UNKNOWN - ") == isPlain)
            #expect(session.complaints.collected.isEmpty == isPlain)
        }
        let unknown = run("check", "home", "--json")
        #expect(unknown.status == .partial)
        #expect(try JSONValue(parsing: unknown.stderr)["error"]["code"] == "unknown_source")
        let metrics = run("check", "--prometheus", "-")
        #expect(metrics.status == .done)
        #expect(try Metrics(metrics.stdout).value("losnap_check_status") == 3)
    }
}
