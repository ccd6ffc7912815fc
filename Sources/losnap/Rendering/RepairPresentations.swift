// What the three kinds of `repair` show.

import CloneCore
import Foundation
import Snapshots
import SystemPackage

/// What was, or would be, mended.
struct RepairPresentation: Presentation {
    var report: RepairReport
    var isDryRun: Bool

    func text(_ context: RenderContext) -> String {
        if report.steps.isEmpty { return report.failed.isEmpty ? "all is well\n" : "" }
        var lines: [String] = []
        var rest = report.steps[...]
        while let step = rest.first {
            // What is unavailable for one reason is one line, however many snapshots it is.
            let group = step.kind == .unavailable ? rest.prefix { $0.isUnavailable(like: step) } : rest.prefix(1)
            lines += step.kind == .unavailable ? unavailable(Array(group), step) : [line(step)]
            rest = rest.dropFirst(group.count)
        }
        return lines.map { EscapedText.line($0) + "\n" }.joined()
    }

    private func line(_ step: RepairStep) -> String {
        let subject = [step.source?.text, step.number.map { "snapshot \($0)" }, step.path?.string].compactMap(\.self).joined(
            separator: ", ")
        return "\(subject): \(step.kind.words(isDryRun: isDryRun))\(step.detail.map { " (\($0))" } ?? "")"
    }

    private func unavailable(_ group: [RepairStep], _ step: RepairStep) -> [String] {
        let source = step.source.map { "\($0): " } ?? ""
        let reason = step.detail.map { ": \($0)" } ?? ""
        return ["\(source)\(counted(group.count, "snapshot")) \(step.kind.words(isDryRun: isDryRun))\(reason)"]
            + (step.hint.map { ["    hint: \($0)"] } ?? [])
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("dry_run", .bool(isDryRun)),
            (
                "steps",
                .array(
                    report.steps.map { step in
                        .object([
                            ("kind", .string(step.kind.rawValue)), ("source", JSON(step.source?.text)),
                            ("number", JSON(step.number?.value)),
                            ("path", JSON(step.path)), ("detail", JSON(step.detail)), ("hint", JSON(step.hint)),
                        ])
                    })
            ),
            (
                "failed",
                .array(report.failed.map { .object([("source", .string($0.source.text)), ("error", context.json($0.error))]) })
            ),
        ]
    }
}

extension RepairStep {
    fileprivate func isUnavailable(like other: RepairStep) -> Bool {
        kind == .unavailable && source == other.source && detail == other.detail && hint == other.hint
    }
}

extension RepairStep.Kind {
    /// What was done, what would be, or what is.
    fileprivate func words(isDryRun: Bool) -> String {
        let action: String
        switch self {
        case .completed: action = "completed"
        case .dropped: action = "struck off, for it had never come into being"
        case .removed: action = "removed, as had been begun"
        case .kept: action = "kept, for it is held"
        case .settled: action = "brought into agreement"
        case .adopted: action = "adopted"
        case .forgotten: action = "forgotten"
        case .relocated: action = "found again"
        case .cloneRemoved: action = "removed: a clone left by an interrupted restore"
        case .restoreLeft: return "left by an interrupted restore"
        case .unfinished: return "left unfinished"
        case .missing: return "missing"
        case .foreign: return "of another catalogue, left alone"
        case .unreadable: return "unreadable, left alone"
        case .unavailable: return "unavailable, left alone"
        }
        return isDryRun ? "would be \(action)" : action
    }
}

/// Clones that were taken in.
struct AdoptPresentation: Presentation {
    var report: AdoptReport

    func text(_ context: RenderContext) -> String {
        report.snapshots.map { listed in
            let snapshot = listed.snapshot
            return EscapedText.line("adopted as snapshot \(snapshot.number) of \(snapshot.sourceName), \(context.time(snapshot.takenAt))")
                + "\n"
        }.joined()
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        let failed = report.failed.map { JSON.object([("path", JSON($0.path)), ("error", context.json($0.error))]) }
        return [("snapshots", .snapshots(report.snapshots, now: context.now)), ("failed", .array(failed))]
    }
}

/// A catalogue that was made anew.
struct RebuildPresentation: Presentation {
    var report: RebuildReport

    func text(_ context: RenderContext) -> String {
        var lines = ["\(counted(report.snapshotCount, "snapshot")) of \(counted(report.sources.count, "source")) listed again"]
        if let damaged = report.damagedCatalogue { lines.append("the damaged catalogue is kept as \(damaged.string)") }
        lines += report.leftAlone.map { "\($0.path.string): left alone: \($0.reason)" }
        return lines.map { EscapedText.line($0) + "\n" }.joined()
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("sources", .array(report.sources.map { .source($0) })),
            ("snapshot_count", .integer(Int64(report.snapshotCount))),
            ("damaged_catalogue", JSON(report.damagedCatalogue)),
            (
                "left_alone",
                .array(report.leftAlone.map { .object([("path", JSON($0.path)), ("reason", .string($0.reason))]) })
            ),
        ]
    }
}
