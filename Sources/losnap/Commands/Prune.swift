// `losnap prune`: remove by rules. The rule: each source by itself; a failure in one stops only that one, and everything that can be wrong
// with the rules is said before anything is looked at.

import ArgumentParser
import Automation
import Policy
import Snapshots
import SystemPackage

struct Prune: Command {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove the snapshots that no rule keeps.",
        discussion: """
            The rules are restic's. Each keeps the newest snapshot of each of the last N hours, days, ... that have one; they are joined by \
            OR, so that one more never removes anything. N is a number from 1, or 'all'. DURATION is 1y6mo, 2w, 36h; a bare m is months. Held \
            snapshots and the newest of a source are never removed.

            Without rules, sources are pruned by their configured policies, which look only at what the schedule took unless they say \
            'scope: all'. Rules here replace the policy of the sources that are named. Without a source they hold for all that have no \
            configured policy.

            EXAMPLES:
              losnap prune --dry-run
              losnap prune home --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --dry-run
              losnap prune --keep-within 30d --keep-label 'before-*'
              losnap prune home --keep-last 1 --keep-tag release
            """)

    /// Which snapshots are judged.
    enum Judged: String, ExpressibleByArgument, CaseIterable {
        case all, run
    }

    @Argument(help: "The sources to prune; none: all.", completion: .source)
    var source: [String] = []

    @OptionGroup(title: "Rules") var rules: RuleArguments

    @Option(name: .long, help: "Judge all snapshots (default), or only those that the schedule took.")
    var scope: Judged?

    @Option(name: .long, help: ArgumentHelp("Whose calendar makes hours, days and weeks (default: the system's).", valueName: "name"))
    var timezone: String?

    @Flag(name: .long, help: "With rules: prune also sources that have a configured policy.")
    var all = false

    @Flag(name: .long, help: "Carry out a plan in which the rules match nothing.")
    var force = false

    @OptionGroup var dry: DryRunArguments
    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let keep = try rules.keep()
        if keep.isEmpty, scope != nil || timezone != nil {
            throw FrontError.usage("--scope and --timezone go with rules", hint: "configured policies have their own; see losnap.yaml(5)")
        }
        if keep.isEmpty, all {
            throw FrontError.usage(
                "--all goes with rules", hint: "without rules every source that has a configured policy is pruned by that")
        }
        let configured = session.configuredSources(try session.configuration(catalogue.config))
        if keep.isEmpty, !configured.hasRules { throw AutomationError.noRules(source: source.first) }
        let given = keep.isEmpty ? nil : try given(keep, session)
        let purpose: Purpose = dry.dryRun ? .reading : .freeing
        let store = try session.openIfThere(catalogue, for: purpose, waits: change.wait)
        let orders = try sources(session, store, configured, hasRules: given != nil).map { source in
            try given?.order(for: source) ?? configured.pruneOrder(for: source)
        }
        var forecasts = Forecasts(now: session.now)
        let outcomes = dry.dryRun ? planned(orders, store, &forecasts) : orders.map { pruned($0, store) }
        // In JSON each source has its own.
        if !display.json { outcomes.flatMap(\.warnings).forEach(session.warn) }
        try session.present(PrunePresentation(outcomes: outcomes, isDryRun: dry.dryRun), display, quiet: change.quiet)
        try Failures(outcomes).report(in: session)
    }

    private func pruned(_ order: PruneOrders, _ store: Store?) -> PruneOutcome {
        switch order {
        case .refused(let source, let error): return PruneOutcome(source: source, zoneName: "UTC", failure: error)
        case .prune(let request, let zoneName, _):
            return PruneOutcome(source: request.source, zoneName: zoneName) { () throws(SnapshotsError) in
                guard let store else { throw .unknownSource(reference: request.source.name.text, nearest: []) }
                return .done(try store.prune(whole(request)))
            }
        }
    }

    /// What would be done, planned for all at once.
    private func planned(_ orders: [PruneOrders], _ store: Store?, _ forecasts: inout Forecasts) -> [PruneOutcome] {
        let requests = orders.compactMap { if case .prune(let request, _, _) = $0 { whole(request) } else { nil } }
        var plans = (store?.planPrunes(requests) ?? []).makeIterator()
        return orders.map { order in
            switch order {
            case .refused(let source, let error): return PruneOutcome(source: source, zoneName: "UTC", failure: error)
            case .prune(let request, let zoneName, let schedule):
                let plan = plans.next() ?? .failure(.unknownSource(reference: request.source.name.text, nearest: []))
                var outcome = PruneOutcome(source: request.source, zoneName: zoneName) { () throws(SnapshotsError) in
                    .planned(try plan.get())
                }
                if let schedule {
                    outcome.expected = (schedule, forecasts.forecast(request.keep, schedule, zoneName: zoneName, request.timeZone))
                }
                return outcome
            }
        }
    }

    /// The request with what the options of this command add.
    private func whole(_ request: PruneRequest) -> PruneRequest {
        var request = request
        request.isForced = force
        request.measuresReclaim = dry.dryRun || display.json
        return request
    }

    /// The sources named. Without names those that the rules, or the configuration, are for.
    private func sources(
        _ session: Session, _ store: Store?, _ configured: ConfiguredSources, hasRules: Bool
    ) throws -> [Source] {
        guard source.isEmpty else {
            return try source.map { try session.resolve($0, in: store) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
        let known = try store?.catalogue.sources() ?? []
        if !hasRules {
            for entry in configured.notRegistered(known) { session.warn(.notRegistered(entry.name, image: entry.image.string)) }
            return known.filter(configured.isConfigured)
        }
        return known.filter { source in
            let isSkipped = !all && (source.policy != nil || configured.isConfigured(source))
            if isSkipped { session.warn(.skippedConfigured(source.name)) }
            return !isSkipped
        }
    }

    /// The rules of the command line.
    private func given(_ keep: Keep, _ session: Session) throws -> GivenPruning {
        let judged: Scope = scope == .run ? .run : .all
        return GivenPruning(keep: keep, scope: judged, zone: try session.calendarZone(option: timezone) ?? session.calendarZone())
    }
}
