// `losnap list`: the snapshots, oldest first.

import ArgumentParser
import Policy
import Snapshots

struct List: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List snapshots, newest last.",
        discussion: """
            TIME is RFC 3339, a date or the beginning of one (2026-11, 2026-11-22, '2026-11-22 07:00'), or an age (2h, 30d). GLOB knows *, ? \
            and [a-z]. The columns are: \(SnapshotColumn.names).

            EXAMPLES:
              losnap list
              losnap list home --since 7d --tag nightly
              losnap list --label 'before-*' --columns number,taken,label
              losnap delete $(losnap list home --until 2025-01 -q)
            """)

    @Argument(help: "Only snapshots of these.", completion: .source)
    var source: [String] = []

    @Option(name: .long, help: ArgumentHelp("Only those whose label matches.", valueName: "glob"))
    var label: String?

    @Option(name: .long, help: ArgumentHelp("Only those with this tag.", valueName: "tag"))
    var tag: String?

    @Option(name: .long, help: ArgumentHelp("Only those taken then or later.", valueName: "time"))
    var since: String?

    @Option(name: .long, help: ArgumentHelp("Only those taken before then.", valueName: "time"))
    var until: String?

    @Flag(name: .long, help: "Only held ones.")
    var held = false

    @Option(
        name: .long, help: ArgumentHelp("The columns to show, joined by commas.", valueName: "columns"),
        completion: .list(SnapshotColumn.allCases.map(\.rawValue)))
    var columns: String?

    @Option(
        name: .long, help: ArgumentHelp("Sort by this column instead of the time.", valueName: "column"),
        completion: .list(SnapshotColumn.allCases.map(\.rawValue)))
    var sort: String?

    @Flag(name: .long, help: "Turn the order round.")
    var reverse = false

    @Flag(name: .shortAndLong, help: "Print numbers only, one a line.")
    var quiet = false

    @Flag(name: .long, help: "Print comma-separated values.")
    var csv = false

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        if [quiet, csv, display.json].count(where: { $0 }) > 1 {
            throw FrontError.usage("--json, --csv and --quiet exclude each other", hint: "give one of them")
        }
        let order = try SnapshotOrder(column: sort.map { try SnapshotColumn(named: $0) }, isReversed: reverse)
        let columns = try columns.map { try SnapshotColumn.list($0) }
        let times = TimeReader(zone: session.zone(display), now: session.now)
        let since = try times.instant(since, option: "--since")
        let until = try times.instant(until, option: "--until")
        let tag = try tag.map { try Tag(parsing: $0) }
        let store = try session.openIfThere(catalogue)
        let sources = try source.map { try session.resolve($0, in: store) }
        let filter = SnapshotFilter(
            sources: sources.isEmpty ? nil : sources.map(\.id), since: since, until: until, tag: tag, heldAt: held ? session.now : nil)
        // Whoever wants numbers alone waits neither for rows nor for files.
        if quiet, label == nil, order.isByTime {
            let numbers = try store?.catalogue.numbers(filter) ?? []
            return try session.present(NumbersPresentation(numbers: reverse ? numbers.reversed() : numbers), display)
        }
        let list = ListPresentation(columns: columns, isNumbersOnly: quiet) { take in
            try feed(store, filter, order, measures: needsFiles(order, columns), take)
        }
        try session.present(list, display, csv: csv)
    }

    /// Gives the snapshots that are wanted, as they are read if they come in the right order.
    private func feed(
        _ store: Store?, _ filter: SnapshotFilter, _ order: SnapshotOrder, measures: Bool, _ take: ([ListedSnapshot]) throws -> Void
    ) throws {
        guard let store else { return }
        let glob = label.map(Glob.init)
        func isWanted(_ listed: ListedSnapshot) -> Bool {
            glob.map { glob in listed.snapshot.label.map { glob.matches($0.text) } ?? false } ?? true
        }
        if order.isByTime, !reverse {
            try store.list(filter, measures: measures) { portion in try take(glob == nil ? portion : portion.filter(isWanted)) }
        } else {
            try take(order.sorted(store.list(filter, measures: measures).filter(isWanted)))
        }
    }

    /// Whether anything that is sorted by or shown has to be looked for in the directories.
    private func needsFiles(_ order: SnapshotOrder, _ columns: [SnapshotColumn]?) -> Bool {
        if display.json || order.column?.isMeasured == true { return true }
        return !quiet && (columns.map { $0.contains(where: \.isMeasured) } ?? true)
    }
}
