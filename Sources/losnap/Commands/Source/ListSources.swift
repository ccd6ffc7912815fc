// `losnap source list`.

import ArgumentParser
import Snapshots

struct ListSources: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the sources.",
        discussion: """
            EXAMPLES:
              losnap source list
              losnap source list --all --json
            """)

    @Flag(name: .long, help: "Also removed ones whose snapshots are still listed.")
    var all = false

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let store = try session.openIfThere(catalogue)
        try session.present(SourcesPresentation(sources: try store?.sources(all ? .all : .inUse) ?? []), display)
    }
}
