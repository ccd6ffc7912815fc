// `losnap source move`: another place, the same source. The rule: it moves no file.

import ArgumentParser
import Snapshots

struct MoveSource: Command {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Tell losnap that an image is somewhere else now, or where its snapshots shall go.",
        discussion: """
            Moves no file: move the image first. Older snapshots stay where they are.

            EXAMPLES:
              losnap source move home --image /srv/new/home.img
              losnap source move home --directory /srv/snapshots/home
            """)

    @Argument(help: "The source.", completion: .source)
    var source: String

    @Option(name: .long, help: ArgumentHelp("Where its image is now.", valueName: "image"), completion: .file())
    var image: String?

    @Option(name: .long, help: ArgumentHelp("Where its snapshots go from now on.", valueName: "directory"), completion: .directory)
    var directory: String?

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        guard image != nil || directory != nil else {
            throw FrontError.usage("source move wants --image or --directory", hint: "see losnap source move --help")
        }
        let store = try session.openIfThere(catalogue, for: .changing)
        let source = try session.resolve(source, in: store)
        guard let store else { return }
        let moved = try store.moveSource(
            source, image: image.map(session.resolved), directory: directory.map(session.resolvedParent))
        try session.present(SourcePresentation(source: moved, change: .moved), display)
    }
}
