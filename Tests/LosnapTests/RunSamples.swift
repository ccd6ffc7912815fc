// A run and the plan of one, with fixed values, and what they look like.

import CloneCore
import Foundation
import Policy
import SystemPackage
import Testing

@testable import Automation
@testable import Configuration
@testable import Snapshots
@testable import losnap

extension Samples {
    /// Everything that the plan of a run can say.
    static func runPlan() throws -> RunPlanPresentation {
        let text = """
            policies: { few: { keep: { last: 2 } } }
            sources:
              home: { image: /srv/home.img, every: 1h, policy: few }
              new: { image: /srv/new.img, every: 1d }
              data: { image: /srv/data.img, every: 1h, group: database }
              log: { image: /srv/log.img, group: database }
              clock: { image: /srv/clock.img, every: 1h }
              broken: { image: /srv/broken.img, every: 1d }
              again: { image: /srv/again.img, every: 1h }
            """
        let configured = ConfiguredSources(
            try LosnapConfiguration(parsing: text, path: "/c.yaml"), systemZone: .success(NamedZone(name: "UTC", zone: .gmt))
        ) { $0 }
        let known = [
            try source(),
            Source(id: .random(), name: try SourceName(parsing: "data"), imagePath: "/srv/data.img", createdAt: now),
            Source(id: .random(), name: try SourceName(parsing: "clock"), imagePath: "/srv/clock.img", createdAt: now),
        ]
        let last = ["2026-11-23T12:00:00Z", "2026-11-23T10:30:00Z", "2027-01-01T00:00:00Z"]
        var runs: [Identifier: LastRun] = [:]
        for (source, text) in zip(known, last) { runs[source.id] = LastRun(taken: try instant(text)) }
        let failures = KnownFailures(
            byName: [
                try SourceName(parsing: "broken"): TakeFailures(count: 3, last: try instant("2026-11-23T11:50:00Z")),
                try SourceName(parsing: "again"): TakeFailures(count: 1, last: try instant("2026-11-23T11:50:00Z")),
            ])
        let plan = try configured.runPlan(.all, known: known, lastRuns: runs, now: now).waiting(failures, isNamed: false)
        var pruning = RunReport()
        pruning.pruned = [
            PrunedSource(source: try source(), policyName: "few", removed: try Array(several().prefix(2)), judged: 4, failed: [])
        ]
        pruning.pruningElsewhere = PruningUnderway(pid: 4711, since: try instant("2026-11-23T08:00:00Z"))
        return RunPlanPresentation(plan: plan, pruning: pruning)
    }

    /// What a run did that did a little of everything.
    static func run() throws -> RunPresentation {
        let all = try several()
        var report = RunReport()
        report.taken = [all[0]]
        report.unchanged = [try unchanged()]
        report.notDue = try runPlan().plan.units.filter { !$0.state.isDue }
        report.pruned = [
            PrunedSource(
                source: try source(), policyName: "few", removed: [all[0]], judged: 3,
                failed: [FailedRemoval(snapshot: all[1], error: .numbersExhausted)])
        ]
        report.failures = [
            RunFailure(
                subject: "data, log (group database)", names: ["data", "log"], stage: .take, error: CloneError.full(path: "/srv/data.img"),
                sources: []),
            RunFailure(
                subject: "pruning", names: [], stage: .prune, error: SnapshotsError.catalogueFull(path: "/var/lib/losnap/catalogue.sqlite"),
                sources: []),
        ]
        return RunPresentation(report: report)
    }
}

@Suite struct RunRenderingTests {
    @Test func `the plan of a run`() throws {
        let plan = try Samples.runPlan()
        expectGolden(plan.text(Samples.utc), "run-dry-run.txt")
        expectGolden(JSON.object(plan.fields(Samples.utc)).text + "\n", "run-dry-run.json")
    }

    @Test func `a run, which says nothing but in json`() throws {
        let run = try Samples.run()
        #expect(run.text(Samples.utc).isEmpty)
        expectGolden(JSON.object(run.fields(Samples.utc)).text + "\n", "run.json")
    }

    @Test func `a plan of which only failures are left does not say that nothing is ever due`() throws {
        let failure = RunFailure(
            subject: "vms", names: ["vms"], stage: .plan, error: CloneError.noSuchFile(path: "/srv/vms"), sources: [])
        let none = RunPlan(now: Samples.now, units: [], failures: [])
        let failed = RunPlan(now: Samples.now, units: [], failures: [failure])
        #expect(RunPlanPresentation(plan: none, pruning: RunReport()).text(Samples.utc).contains("no source has 'every'"))
        let named = RunPlanPresentation(plan: none, pruning: RunReport(), isSelection: true).text(Samples.utc)
        #expect(named == "nothing is to be pruned, and nothing is ever due: what is named has no 'every'\n")
        #expect(RunPlanPresentation(plan: failed, pruning: RunReport()).text(Samples.utc).isEmpty)
    }

    @Test func `a hint inside the object names no option that run lacks`() throws {
        var report = RunReport()
        report.failures = [
            RunFailure(subject: "a", names: ["a"], stage: .take, error: CloneError.locked(what: "a", holder: nil), sources: [])
        ]
        func hint(_ arguments: [String]?) -> String {
            var context = Samples.utc
            context.arguments = arguments
            return JSON.object(RunPresentation(report: report).fields(context)).text
        }
        #expect(hint(nil).contains("--wait") && hint(["create", "--json"]).contains("--wait"))
        #expect(hint(["run", "--json"]).contains("wait for it to finish") && !hint(["run", "--json"]).contains("--wait"))
    }

    @Test func `the status: the failure's own if all failed, else 3`() throws {
        var report = RunReport()
        report.failures = [
            RunFailure(subject: "a", names: ["a"], stage: .take, error: CloneError.full(path: "/a"), sources: []),
            RunFailure(subject: "b", names: ["b"], stage: .take, error: CloneError.noSuchFile(path: "/b"), sources: []),
        ]
        #expect(status(report) == .full)
        report.taken = try [Samples.several()[0]]
        #expect(status(report) == .partial)
        report.failures = []
        #expect(status(report) == .done)
    }

    private func status(_ report: RunReport) -> losnap.ExitStatus {
        let session = session()
        do {
            try Failures(report).report(in: session)
            return .done
        } catch {
            return session.report(error)
        }
    }
}
