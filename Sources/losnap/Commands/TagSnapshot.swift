// `losnap tag`: words that group snapshots across sources.

import ArgumentParser
import Snapshots

struct TagSnapshot: Command {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Add tags to a snapshot, or remove some.",
        discussion: """
            Tags group snapshots of several sources, for lists and for --keep-tag.

            EXAMPLES:
              losnap tag 42 --add release --add v2
              losnap tag home@latest --remove nightly
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String

    @Option(name: .long, help: ArgumentHelp("A tag to add; may be repeated.", valueName: "tag"))
    var add: [String] = []

    @Option(name: .long, help: ArgumentHelp("A tag to remove; may be repeated.", valueName: "tag"))
    var remove: [String] = []

    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        guard !add.isEmpty || !remove.isEmpty else {
            throw FrontError.usage("tag wants --add or --remove", hint: "see losnap tag --help")
        }
        let added = try add.map { try Tag(parsing: $0) }
        let removed = try remove.map { try Tag(parsing: $0) }
        let store = try session.openIfThere(catalogue, for: .changing, waits: change.wait)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        let tagged = try store.tag(listed, adding: added, removing: removed)
        try session.present(RecordPresentation(snapshot: tagged, change: .tagged), display, quiet: change.quiet)
    }
}
