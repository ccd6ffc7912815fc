// `losnap show`: everything known of one snapshot.

import ArgumentParser
import Snapshots

struct Show: Command {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show everything known of a snapshot.",
        discussion: """
            Its file's extents are read: how many bytes it shares with its image or with other snapshots, and how many are its own.

            EXAMPLES:
              losnap show 42
              losnap show home@latest --json
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let store = try session.openIfThere(catalogue)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        try session.present(ShowPresentation(details: try store.details(of: listed)), display)
    }
}
