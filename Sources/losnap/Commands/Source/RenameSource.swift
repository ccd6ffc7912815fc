// `losnap source rename`: another name, the same source.

import ArgumentParser
import Snapshots

struct RenameSource: Command {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a source another name.",
        discussion: """
            Its snapshots stay where they are, and are named by the new name from then on.

            EXAMPLES:
              losnap source rename home home-old
            """)

    @Argument(help: "The source.", completion: .source)
    var source: String

    @Argument(help: "Its new name.")
    var name: String

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let name = try SourceName(parsing: name)
        let store = try session.openIfThere(catalogue, for: .changing)
        let source = try session.resolve(source, in: store)
        guard let store else { return }
        try session.present(
            SourcePresentation(source: try store.renameSource(source, to: name), change: .renamed(from: source.name)), display)
    }
}
