// What the commands of `source` and `log` show.

import CloneCore
import Foundation
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

/// The sources.
struct SourcesPresentation: Presentation {
    var sources: [ListedSource]

    func text(_ context: RenderContext) -> String {
        var table = Table([("NAME", .left), ("SNAPSHOTS", .right), ("NEWEST", .left), ("STATUS", .left), ("IMAGE", .left)])
        for listed in sources {
            let source = listed.source
            var status = source.isRemoved ? ["removed"] : []
            if listed.presence == .unavailable { status.append("unavailable") }
            // That of a removed source is nobody's business any more.
            if !listed.hasImage, !source.isRemoved { status.append("image missing") }
            table.add([
                source.name.text, "\(listed.snapshotCount)", listed.newest.map { context.time($0.takenAt) } ?? "never",
                status.isEmpty ? "ok" : status.joined(separator: ", "), source.imagePath.string,
            ])
        }
        return table.text(context.style)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [("sources", .array(sources.map { .source($0, now: context.now) }))]
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
