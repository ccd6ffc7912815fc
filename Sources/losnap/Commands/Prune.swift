// `losnap prune`: remove by rules. The rule: each source by itself; a failure in one stops only that one, and everything that can be wrong
// with the rules is said before anything is looked at.

import ArgumentParser
import Policy
import Snapshots

struct Prune: Command {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove the snapshots that no rule keeps.",
        discussion: """
            The rules are restic's. Each keeps the newest snapshot of each of the last N hours, days, ... that have one; they are joined by \
            OR, so that one more never removes anything. N is a number from 1, or 'all'. DURATION is 1y6mo, 2w, 36h; a bare m is months. Held \
            snapshots and the newest of a source are never removed.

            Rules here replace the policy of the sources that are named. Without a source they hold for all that have no configured policy.

            EXAMPLES:
              losnap prune home --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --dry-run
              losnap prune --keep-within 30d --keep-label 'before-*'
              losnap prune home --keep-last 1 --keep-tag release
            """)

    /// Which snapshots are judged.
    enum Judged: String, ExpressibleByArgument, CaseIterable {
        case all, run
    }

    @Argument(help: "The sources to prune; none: all.")
    var source: [String] = []

    @OptionGroup(title: "Rules") var rules: RuleArguments

    @Option(name: .long, help: "Judge all snapshots, or only those that the schedule took.")
    var scope = Judged.all

    @Option(name: .long, help: ArgumentHelp("Whose calendar makes hours, days and weeks (default: the system's).", valueName: "name"))
    var timezone: String?

    @Flag(name: .long, help: "Prune also sources that have a configured policy.")
    var all = false

    @Flag(name: .long, help: "Carry out a plan in which the rules match nothing.")
    var force = false

    @OptionGroup var dry: DryRunArguments
    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let keep = try rules.keep()
        guard !keep.isEmpty else { throw FrontError.noRules(source: source.first) }
        let zone = try calendarZone(session)
        let purpose: Purpose = dry.dryRun ? .reading : .freeing
        let store = try session.openIfThere(catalogue, for: purpose, waits: change.wait)
        let outcomes = try sources(session, store).map { source in
            PruneOutcome(source: source, zoneName: zone.name) { () throws(SnapshotsError) in
                let request = PruneRequest(
                    source: source, keep: keep, scope: scope == .run ? .run : .all, timeZone: zone.zone, isForced: force)
                guard let store else { throw .unknownSource(reference: source.name.text, nearest: []) }
                return dry.dryRun ? .planned(try store.planPrune(request)) : .done(try store.prune(request))
            }
        }
        // In JSON each source has its own.
        if !display.json { outcomes.flatMap(\.warnings).forEach(session.warn) }
        try session.present(PrunePresentation(outcomes: outcomes, isDryRun: dry.dryRun), display, quiet: change.quiet)
        try Failures(outcomes).report(in: session)
    }

    /// The sources named, or all but those that have a policy of their own.
    private func sources(_ session: Session, _ store: Store?) throws -> [Source] {
        guard source.isEmpty else {
            return try source.map { try session.resolve($0, in: store) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
        return try (store?.sources() ?? []).map(\.source).filter { source in
            let isSkipped = source.policy != nil && !all
            if isSkipped { session.warn(.skippedConfigured(source.name)) }
            return !isSkipped
        }
    }

    private func calendarZone(_ session: Session) throws(FrontError) -> LocalZone {
        guard let timezone else {
            let zone = session.localZone
            if let problem = zone.problem { throw .policy(option: "TZ", problem) }
            return zone
        }
        do { return try LocalZone(named: timezone) } catch { throw .policy(option: "--timezone", error) }
    }
}
