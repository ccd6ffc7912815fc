// What the commands of `source` and `log` show.

import CloneCore
import Configuration
import Foundation
import Policy
import Snapshots
import SystemPackage

/// A source that was changed.
struct SourcePresentation: Presentation {
    /// What was changed.
    enum Change {
        case added, moved, removed
        case renamed(from: SourceName)
    }

    var source: Source
    var change: Change

    func text(_ context: RenderContext) -> String {
        let words =
            switch change {
            case .added: "source \(source.name) added: \(source.imagePath.string)"
            case .moved:
                "source \(source.name) moved: \(source.imagePath.string)"
                    + (source.snapshotDirectory.map { ", snapshots go to \($0.string)" } ?? "")
            case .removed: "source \(source.name) removed"
            case .renamed(let old): "source \(old) is called \(source.name) now"
            }
        return EscapedText.line(words) + "\n"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("source", .source(source))] }
}

/// The sources, each with what the configuration has for it.
struct SourcesPresentation: Presentation {
    var sources: [(listed: ListedSource, configured: ConfiguredSource?)]

    /// Policy and schedule have columns only where there are any.
    func text(_ context: RenderContext) -> String {
        let hasPolicies = sources.contains { $0.configured?.policy != nil }
        let hasSchedules = sources.contains { $0.configured?.schedule != nil }
        var headings: [(String, Alignment)] = [("NAME", .left), ("SNAPSHOTS", .right), ("NEWEST", .left)]
        if hasPolicies { headings.append(("POLICY", .left)) }
        if hasSchedules { headings.append(("EVERY", .left)) }
        var table = Table(headings + [("STATUS", .left), ("IMAGE", .left)])
        for (listed, configured) in sources {
            let source = listed.source
            var status = source.isRemoved ? ["removed"] : []
            if listed.presence == .unavailable { status.append("unavailable") }
            // That of a removed source is nobody's business any more.
            if !listed.hasImage, !source.isRemoved { status.append("image missing") }
            let newest = listed.newest.map { context.time($0.takenAt) }
            var cells = [source.name.text, "\(listed.snapshotCount)", newest ?? "never"]
            if hasPolicies { cells.append(configured?.policy ?? "") }
            if hasSchedules { cells.append(configured?.schedule?.texts.joined(separator: ", ") ?? "") }
            table.add(cells + [status.isEmpty ? "ok" : status.joined(separator: ", "), source.imagePath.string])
        }
        return table.text(context.style)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [("sources", .array(sources.map { .source($0.listed, $0.configured) }))]
    }
}

/// The log.
struct LogPresentation: Presentation {
    var events: [Event]

    func text(_ context: RenderContext) -> String {
        var table = Table([("TIME", .left), ("WHAT", .left), ("SOURCE", .left), ("SNAPSHOT", .right), ("WHY", .left), ("COMMAND", .left)])
        for event in events {
            let occasion = event.occasion
            table.add([
                context.time(occasion.at), occasion.kind.rawValue.split(separator: "_").joined(separator: " "),
                event.sourceName?.text ?? "",
                event.snapshotNumber?.description ?? "", occasion.reason ?? "", occasion.command ?? "",
            ])
        }
        return table.text(context.style)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("events", .array(events.map(JSON.event)))] }
}
