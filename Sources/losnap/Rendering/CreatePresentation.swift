// What `create` shows.

import CloneCore
import Foundation
import Policy
import Snapshots

/// Snapshots that were taken, or why none was.
struct CreatePresentation: Presentation {
    var report: CreateReport
    /// Whether it says how each was cloned.
    var isVerbose = false

    func text(_ context: RenderContext) -> String {
        let making = isVerbose ? report.makings.map(line) : []
        return
            (report.unchanged.map(line)
            + report.snapshots.enumerated().flatMap { index, snapshot in
                [line(snapshot, context)] + (index < making.count ? ["  " + making[index]] : [])
            }).map { EscapedText.line($0) + "\n" }.joined()
    }

    private func line(_ listed: ListedSnapshot, _ context: RenderContext) -> String {
        let snapshot = listed.snapshot
        var facts = [snapshot.consistency.rawValue]
        if let frozen = snapshot.frozenMicroseconds { facts[0] += " for \(Quantity.microseconds(frozen))" }
        facts.append("\(Quantity.bytes(listed.allocatedBytes)) allocated")
        if let label = snapshot.label { facts.append("label \(label)") }
        if snapshot.isHeld(at: context.now) { facts.append("held") }
        return "snapshot \(snapshot.number) of \(snapshot.sourceName), \(context.time(snapshot.takenAt)): \(facts.joined(separator: ", "))"
    }

    private func line(_ making: CloneMaking) -> String {
        var facts = ["cloned the way '\(making.way.rawValue)'"]
        if let extents = making.extents { facts.append("\(extents) extents") }
        if let bytes = making.reclonedBytes { facts.append("\(Quantity.bytes(Int64(clamping: bytes))) cloned again while frozen") }
        if let predicted = making.predictedNanoseconds {
            facts.append("predicted \(Quantity.microseconds(Int64(clamping: predicted / 1000)))")
        }
        if let refusal = making.refusal { facts.append("writes can't be tracked: \(refusal.words)") }
        return facts.joined(separator: ", ")
    }

    private func line(_ unchanged: UnchangedSource) -> String {
        "\(unchanged.source.name): unchanged since snapshot \(unchanged.newest.number) (\(Quantity.bytes(unchanged.differingBytes)) differ)"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        if report.snapshots.count + report.unchanged.count == 1, report.snapshots.first?.snapshot.group == nil {
            return [
                ("snapshot", report.snapshots.first.map { .snapshot($0, now: context.now) } ?? .null),
                ("unchanged", report.unchanged.first.map(JSON.unchanged) ?? .null),
            ]
        }
        return [
            ("snapshots", .snapshots(report.snapshots, now: context.now)),
            ("unchanged_sources", .array(report.unchanged.map(JSON.unchanged))),
        ]
    }
}
