// `losnap run`: what cron and systemd start. The rule: silent when all is well, whoever looks; one line and a hint for each failure.

import ArgumentParser
import Automation
import CloneCore
import Configuration
import Policy
import Snapshots
import SystemPackage

struct Run: Command {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Take the snapshots that are due, and prune by policy.",
        discussion: """
            For cron and systemd. What the configuration says is due is taken: each source with 'every' once in each slot of its schedule, \
            once after a pause. Then every source with a policy is pruned by it. Sources are independent of each other; those of one group are \
            taken in one freeze, as soon as one of them is due. SOURCE is a name or an image of the configuration, or a group; none means all.

            Prints nothing when all is well. While another run is taking, it leaves at once with status 0.

            EXAMPLES:
              losnap run
              losnap run --dry-run
              losnap run home --busy-fails
            """)

    @Argument(
        help: "What to see to: names, images or mount points of what is configured, or groups; none: everything.", completion: .entry)
    var source: [String] = []

    @Flag(name: .long, help: "Status 75 while another run is taking, instead of 0.")
    var busyFails = false

    @OptionGroup var dry: DryRunArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let found = try session.configuration(catalogue.config)
        guard found.path != nil else { throw AutomationError.notConfigured }
        let configured = session.configuredSources(found)
        let selection = RunSelection(
            try source.map { try SourceReference(parsing: $0.contains("/") ? session.resolved($0).string : $0) })
        if dry.dryRun { return try showPlan(in: session, configured, found, selection) }
        // Nothing can be due, and no catalogue is made for that.
        if configured.configuration.sources.isEmpty, selection.references.isEmpty { return try present(RunReport(), in: session) }
        let surroundings = try session.hookSurroundings(catalogue, found)
        func runner(for purpose: Purpose) throws -> Runner {
            let store = try session.open(catalogue, for: purpose, waits: true, atMost: Runner.longestWaitNanoseconds)
            return Runner(store, configured, surroundings)
        }
        let report: RunReport
        do {
            report = try runner(for: .making).run(selection)
        } catch let full as SnapshotsError where full.category == .full {
            try present(try runner(for: .freeing).pruneOnly(selection), in: session)
            throw full
        } catch let busy as RunBusy where !busyFails {
            if session.complaints.isTerminal { session.warn(.anotherRun(busy)) }
            return try session.present(RunPresentation(report: RunReport(), isBusy: true), display, quiet: true)
        }
        try present(report, in: session)
    }

    private func present(_ report: RunReport, in session: Session) throws {
        report.warnings.map(Warning.init).forEach(session.warn)
        report.hookFailures.map(Warning.init).forEach(session.warn)
        report.skipped.map(Warning.init).forEach(session.warn)
        try session.present(RunPresentation(report: report), display, quiet: true)
        try Failures(report).report(in: session)
    }

    private func showPlan(
        in session: Session, _ configured: ConfiguredSources, _ found: FoundConfiguration, _ selection: RunSelection
    ) throws {
        let store = try session.openIfThere(catalogue)
        let selection = selection.traced(in: store)
        var plan = try configured.runPlan(
            selection, known: store?.catalogue.sources(.inUse) ?? [], lastRuns: store?.catalogue.lastRuns(now: session.now) ?? [:],
            now: session.now)
        if let store { plan = try plan.waiting(selection, by: store.catalogue) }
        plan.skipped.map(Warning.init).forEach(session.warn)
        let runner = try store.map { Runner($0, configured, try session.hookSurroundings(catalogue, found)) }
        let pruning = try runner?.prunePlan(selection) ?? RunReport()
        try session.present(RunPlanPresentation(plan: plan, pruning: pruning, isSelection: !source.isEmpty), display)
        try Failures(plan, pruning).report(in: session)
    }
}

extension Failures {
    /// Of a run: each is told with what it is about.
    init(_ report: RunReport) {
        self.init(report.failures, count: report.isFailed ? report.failures.count : max(report.tried, report.failures.count + 1))
    }

    /// Of the plan of one.
    init(_ plan: RunPlan, _ pruning: RunReport) {
        let failures = plan.failures + pruning.failures
        self.init(failures, count: failures.count + plan.units.count)
    }

    private init(_ failures: [RunFailure], count: Int) {
        self.init(
            errors: failures.map { ($0.subject, $0.error) }, count: count,
            summary: .partial(failed: failures.count, of: count, what: "tasks"), namesAlways: true)
    }
}
