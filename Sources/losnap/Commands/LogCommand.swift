// `losnap log`: what happened, when and why.

import ArgumentParser
import Snapshots

struct LogCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show what happened to snapshots and sources, and why.",
        discussion: """
            Oldest first. TIME is RFC 3339, a date or the beginning of one, or an age (2h, 30d).

            EXAMPLES:
              losnap log --last 20
              losnap log home --since 7d
              losnap log 42 --json
            """)

    @Argument(
        help: ArgumentHelp("Only what befell this source, or this snapshot.", valueName: "source or snapshot"),
        completion: .sourceOrSnapshot)
    var subject: String?

    @Option(name: .long, help: ArgumentHelp("Only what happened then or later.", valueName: "time"))
    var since: String?

    @Option(name: .long, help: ArgumentHelp("Only what happened before then.", valueName: "time"))
    var until: String?

    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Only the last N.", valueName: "n"))
    var last: Int?

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let times = TimeReader(zone: session.zone(display), now: session.now)
        var filter = EventFilter(
            since: try times.instant(since, option: "--since"), until: try times.instant(until, option: "--until"), last: last)
        if let last, last < 1 {
            throw FrontError.outOfRange(option: "--last", value: "\(last)", range: "a number from 1", hint: "leave it out to see all")
        }
        let store = try session.openIfThere(catalogue)
        if let subject {
            if let number = SnapshotNumber(parsing: subject) {
                // A snapshot that is gone still has its history.
                filter.snapshot = number
            } else if subject.contains("@") {
                filter.snapshot = try session.find(subject, in: store, display).snapshot.number
            } else {
                filter.sources = [try session.resolve(subject, in: store).id]
            }
        }
        try session.present(LogPresentation(events: try store?.log(filter) ?? []), display)
    }
}
