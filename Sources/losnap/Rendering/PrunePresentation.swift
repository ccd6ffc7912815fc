// What `prune` shows: for every source what stays and why, what goes, and what the rules reach. The rule: a dry run and the real one show
// the same plan.

import CloneCore
import Foundation
import Policy
import Snapshots

/// What came of one source.
struct PruneOutcome {
    /// A plan, or what was done.
    enum Stage {
        case planned(PrunePlan)
        case done(PruneReport)
    }

    let source: Source
    /// The name of the calendar's zone, as it was given.
    let zoneName: String
    let result: Result<Stage, any Error>
    /// The configured schedule, and what it and the rules lead to; only in a dry run.
    var expected: (schedule: Schedule, forecast: Forecast)?

    init(source: Source, zoneName: String, _ body: () throws(SnapshotsError) -> Stage) {
        self.source = source
        self.zoneName = zoneName
        do { result = .success(try body()) } catch { result = .failure(error) }
    }

    /// A source that is left alone.
    init(source: Source, zoneName: String, failure: any Error) {
        self.source = source
        self.zoneName = zoneName
        result = .failure(failure)
    }

    /// The plan, unless the source failed as a whole.
    var plan: PrunePlan? {
        switch result {
        case .success(.planned(let plan)): plan
        case .success(.done(let report)): report.plan
        case .failure: nil
        }
    }

    /// Whether something of it failed.
    var hasFailed: Bool {
        switch result {
        case .success(.planned): false
        case .success(.done(let report)): !report.failed.isEmpty
        case .failure: true
        }
    }

    /// What the user should know, each once.
    var warnings: [Warning] {
        let all: [StoreWarning] =
            switch result {
            case .success(.planned(let plan)): plan.warnings
            case .success(.done(let report)): report.plan.warnings + report.warnings
            case .failure: []
            }
        var told: Set<Warning> = []
        return all.map(Warning.init).filter { told.insert($0).inserted }
    }
}

struct PrunePresentation: Presentation {
    var outcomes: [PruneOutcome]
    var isDryRun: Bool

    func text(_ context: RenderContext) -> String {
        if outcomes.isEmpty { return "there are no sources to prune\n" }
        return outcomes.compactMap { text($0, context) }.joined(separator: "\n")
    }

    private func text(_ outcome: PruneOutcome, _ context: RenderContext) -> String? {
        guard let plan = outcome.plan else { return nil }
        var table = Table([("NUMBER", .right), ("TAKEN", .left), ("LABEL", .left), ("VERDICT", .left), ("WHY", .left)])
        for line in PruneLine.all(of: plan) {
            table.add([line.number.description, context.time(line.takenAt), line.label?.text ?? "", line.verdict, line.why])
        }
        let title = "\(plan.source.name):\n" + table.text(context.style)
        guard isDryRun else { return title + EscapedText.line(summary(outcome, plan)) + "\n" }
        let lines = [summary(outcome, plan), reach(plan, context)] + (outcome.expected.map { [expectation($0)] } ?? [])
        let picture = picture(plan).text(context.style)
        return title + (picture.isEmpty ? "" : "\n" + picture + "\n") + lines.map { EscapedText.line($0) + "\n" }.joined()
    }

    private func picture(_ plan: PrunePlan) -> PictureText {
        let kept = plan.kept.indices.map {
            Judged(takenAt: plan.kept[$0].snapshot.snapshot.takenAt, verdict: .keep(plan.kept[$0].reasons))
        }
        let removed = plan.removed.indices.map { Judged(takenAt: plan.removed[$0].snapshot.takenAt, verdict: .remove) }
        return PictureText(kept + removed, keep: plan.keep, zone: plan.timeZone)
    }

    private func expectation(_ expected: (schedule: Schedule, forecast: Forecast)) -> String {
        "\(expected.schedule.words): \(expected.forecast.words)"
    }

    private func summary(_ outcome: PruneOutcome, _ plan: PrunePlan) -> String {
        let stay = "\(counted(plan.kept.count + plan.outOfScope.count, "snapshot")) kept"
        switch outcome.result {
        case .success(.done(let report)):
            let failed = report.failed.isEmpty ? "" : ", \(report.failed.count) failed"
            return "\(stay), \(report.removed.count) removed\(failed)"
        default:
            let frees = plan.reclaimableBytes.map { ", freeing \(Quantity.bytes($0))" } ?? ""
            return "\(stay), \(plan.removed.count) would be removed\(plan.removed.isEmpty ? "" : frees)"
        }
    }

    private func reach(_ plan: PrunePlan, _ context: RenderContext) -> String {
        let from = plan.reach.map { "\($0.rule.words) back to \(context.time($0.from))" }
        return "the rules reach: \(plan.keep.reachSentence)" + (from.isEmpty ? "" : "; here " + from.joined(separator: ", "))
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [("dry_run", .bool(isDryRun)), ("sources", .array(outcomes.map { $0.json(context) }))]
    }
}

/// What the table says of one snapshot.
private struct PruneLine {
    var takenAt: Instant
    var number: SnapshotNumber
    var label: Label?
    var verdict: String
    var why: String

    init(_ listed: ListedSnapshot, _ verdict: String, _ why: String) {
        takenAt = listed.snapshot.takenAt
        number = listed.snapshot.number
        label = listed.snapshot.label
        self.verdict = verdict
        self.why = why
    }

    /// Oldest first; of equal times the higher number is the newer.
    static func all(of plan: PrunePlan) -> [PruneLine] {
        // By index: there may be very many, and a loop over elements would copy each, which has a dozen references.
        var lines = plan.kept.indices.map { index in
            PruneLine(plan.kept[index].snapshot, "keep", plan.kept[index].reasons.map(\.words).joined(separator: ", "))
        }
        lines += plan.removed.indices.map { PruneLine(plan.removed[$0], "remove", "") }
        lines += plan.outOfScope.indices.map { PruneLine(plan.outOfScope[$0], "keep", "out of scope") }
        return lines.sorted { ($0.takenAt, $0.number) < ($1.takenAt, $1.number) }
    }
}

extension Reason {
    /// "daily 3", "weekly 1 (oldest)".
    var words: String { rule.words + (ordinal.map { " \($0)" } ?? "") + (oldest ? " (oldest)" : "") }
}

extension RuleName {
    /// The rule's name with blanks for underscores.
    var words: String {
        let name = rawValue
        return name.utf8.contains(UInt8(ascii: "_")) ? name.split(separator: "_").joined(separator: " ") : name
    }
}
