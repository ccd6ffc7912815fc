// What `run` shows: nothing but with --json, and its plan in a dry run.

import Automation
import CloneCore
import Policy
import Snapshots

/// What a run did.
struct RunPresentation: Presentation {
    var report: RunReport
    /// Whether another run was at work, so that nothing was done.
    var isBusy = false

    func text(_ context: RenderContext) -> String { "" }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("dry_run", .bool(false)), ("busy", .bool(isBusy)), ("taken", .snapshots(report.taken, now: context.now)),
            ("unchanged", .array(report.unchanged.map { .unchanged($0) })), ("due", .array([])),
            ("not_due", .array(report.notDue.flatMap(JSON.waiting))),
            ("pruned", .array(report.pruned.map { .pruned($0, context) })),
            ("failed", .array(report.failures.flatMap { JSON.failures($0, context) })),
            ("pruning_elsewhere", JSON(report.pruningElsewhere)),
        ]
    }
}

/// What a run would do.
struct RunPlanPresentation: Presentation {
    var plan: RunPlan
    var pruning: RunReport
    /// Whether only some of what is configured was asked for.
    var isSelection = false

    func text(_ context: RenderContext) -> String {
        if plan.units.isEmpty, pruning.pruned.isEmpty {
            // Where something failed, that is told, and nothing is known of the rest.
            let hasFailed = !plan.failures.isEmpty || !pruning.failures.isEmpty
            if hasFailed { return "" }
            return isSelection
                ? "nothing is to be pruned, and nothing is ever due: what is named has no 'every'\n"
                : "nothing is to be pruned, and nothing is ever due: no source has 'every'\n"
        }
        var text = ""
        for unit in plan.units {
            var line = "\(unit.subject): "
            switch unit.state {
            case .due(.never): line += "due, for it was never taken"
            case .due(.slot(let since)): line += "due since \(context.time(since))"
            case .due(.clockBehind(let last)): line += "due, for the clock is behind the last one of \(context.time(last))"
            case .notDue(let next): line += "not due before \(context.time(next))"
            case .waiting(let end): line += "\(unit.failures?.words ?? "failed"), next try at \(context.time(end))"
            }
            if unit.state.isDue, let failures = unit.failures { line += "; \(failures.words)" }
            if let last = unit.targets.compactMap(\.last).max() { line += "; last seen to at \(context.time(last))" }
            text += EscapedText.line(line) + "\n"
        }
        if let other = pruning.pruningElsewhere {
            text += "process \(other.pid) has been pruning since \(context.time(other.since)); pruning is left to it\n"
        }
        for source in pruning.pruned {
            let numbers = source.removed.prefix(20).map { $0.snapshot.number.description }.joined(separator: ", ")
            let more = source.removed.count > 20 ? ", ..." : ""
            let policy = source.policyName.map { ", policy \($0)" } ?? ""
            text +=
                EscapedText.line(
                    "\(source.source.name)\(policy): would remove \(source.removed.count) of \(counted(source.judged, "snapshot")): \(numbers)\(more)"
                ) + "\n"
        }
        return text
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        let due = plan.units.filter(\.state.isDue)
        let waiting = plan.units.filter { !$0.state.isDue }
        return [
            ("dry_run", .bool(true)), ("busy", .bool(false)), ("taken", .array([])), ("unchanged", .array([])),
            ("due", .array(due.flatMap(JSON.due))), ("not_due", .array(waiting.flatMap(JSON.waiting))),
            ("pruned", .array(pruning.pruned.map { .pruned($0, context) })),
            ("failed", .array((plan.failures + pruning.failures).flatMap { JSON.failures($0, context) })),
            ("pruning_elsewhere", JSON(pruning.pruningElsewhere)),
        ]
    }
}

extension JSON {
    /// A run that is pruning.
    init(_ pruning: PruningUnderway?) {
        self = pruning.map { .object([("pid", .integer(Int64($0.pid))), ("since", JSON($0.since))]) } ?? .null
    }

    /// The images of a unit that is not taken now.
    fileprivate static func waiting(_ unit: RunUnit) -> [JSON] {
        let next: Instant
        switch unit.state {
        case .due: return []
        case .notDue(let instant), .waiting(let instant): next = instant
        }
        return unit.targets.map { .object(target($0, unit) + [("next", JSON(next))]) }
    }

    /// The images of a unit that is due.
    fileprivate static func due(_ unit: RunUnit) -> [JSON] {
        guard case .due(let reason) = unit.state else { return [] }
        let fields: [Field] =
            switch reason {
            case .never: [("reason", .string("never")), ("since", .null)]
            case .slot(let since): [("reason", .string("slot")), ("since", JSON(since))]
            case .clockBehind: [("reason", .string("clock_behind")), ("since", .null)]
            }
        return unit.targets.map { .object(target($0, unit) + fields) }
    }

    private static func target(_ target: RunTarget, _ unit: RunUnit) -> [Field] {
        [
            ("source", .string(target.name)), ("image", JSON(target.image)), ("group", JSON(unit.group)), ("last", JSON(target.last)),
            ("failures", .integer(Int64(unit.failures?.count ?? 0))), ("failed_at", JSON(unit.failures?.last)),
        ]
    }

    fileprivate static func pruned(_ source: PrunedSource, _ context: RenderContext) -> JSON {
        .object([
            ("source", .string(source.source.name.text)), ("policy", JSON(source.policyName)),
            ("removed", .array(source.removed.map { .object([("snapshot", .snapshot($0, now: context.now))]) })),
            ("failed", .array(source.failed.map { .failure($0, context) })),
        ])
    }

    fileprivate static func failures(_ failure: RunFailure, _ context: RenderContext) -> [JSON] {
        // What befell no single source is told all the same.
        let names: [String?] = failure.names.isEmpty ? [nil] : failure.names
        return names.map {
            .object([
                ("source", JSON($0)), ("stage", .string(failure.stage.rawValue)), ("error", context.json(failure.error)),
            ])
        }
    }
}
