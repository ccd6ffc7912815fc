// `losnap check`: for monitoring. The rule: it speaks as plugins of Nagios do, also when something fails before anything was checked; and it changes
// nothing.

import ArgumentParser
import Automation
import Snapshots
import SystemPackage

struct Check: Command {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether snapshots are taken, there, and have room.",
        discussion: """
            For monitoring, as a plugin of Nagios: one line with performance data, then a line for each finding. The status is 0 (ok), 1 (warning), \
            2 (critical) or 3 (unknown); the worst counts, and critical is worse than warning, warning than unknown. Looked at are the age of \
            the newest snapshot by schedule, failed runs, missing and orphaned files, how full the pools are, and freeze records that were left \
            behind. losnap.yaml(5) tells the thresholds. Nothing is changed, and nothing is thawed.

            With --prometheus the metrics are written to FILE, in one step, and the status is 0 when they are there, whatever was found; - is \
            stdout.

            EXAMPLES:
              losnap check
              losnap check home --json
              losnap check --prometheus /var/lib/prometheus/node-exporter/losnap.prom
            """)

    @Argument(help: "Only these: names, images, groups (none: all).")
    var source: [String] = []

    @Option(name: .long, help: ArgumentHelp("Write metrics for the textfile collector of node_exporter.", valueName: "file"))
    var prometheus: String?

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        if prometheus != nil, display.json {
            throw FrontError.usage("--json and --prometheus exclude each other", hint: "give one of them")
        }
        let selection = try source.map { try SourceReference(parsing: $0.contains("/") ? session.resolved($0).string : $0) }
        let report = try session.checkFacts(selection, catalogue).judged()
        if let prometheus {
            let text = PrometheusText(report).text
            if prometheus == "-" { return try session.output.write(text) }
            return try AtomicFile(session.absolute(prometheus)).write(text)
        }
        try session.present(CheckPresentation(report: report), display)
        if report.status != .ok { throw ReportedFailure(status: ExitStatus(report.status)) }
    }

    /// Tells what kept a check from being one. The status is that for unknown.
    static func report(_ error: any Error, _ arguments: [String], in session: Session) -> ExitStatus {
        if let failure = error as? ReportedFailure { return failure.status }
        let isOutput = if case FrontError.output? = error as? FrontError { true } else { false }
        if isOutput || session.isJSON || arguments.contains(where: { $0.hasPrefix("--prometheus") }) {
            _ = session.report(error)
            return ExitStatus(.unknown)
        }
        // Monitoring reads stdout alone.
        let told = ToldError(error)
        let finding = CheckFinding(.unknown, .nothing, nil, told.message, hint: told.hint)
        do { try session.output.write(PluginText(status: .unknown, findings: [finding]).text) } catch { _ = session.report(error) }
        return ExitStatus(.unknown)
    }
}
