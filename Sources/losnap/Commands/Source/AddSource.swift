// `losnap source add`: register an image under a name.

import ArgumentParser
import Snapshots

struct AddSource: Command {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Register an image as a source.",
        discussion: """
            A name has up to 64 letters, digits, '.', '_' and '-', and starts with neither dot nor dash.

            EXAMPLES:
              losnap source add home /srv/images/home.img
              losnap source add vm /srv/vm.img --directory /srv/snapshots/vm
            """)

    @Argument(help: "Its name.")
    var name: String

    @Argument(help: "The image file, or a mount point of the filesystem inside it.", completion: .file())
    var image: String

    @Option(
        name: .long, help: ArgumentHelp("Where its snapshots go (default: .losnap/NAME beside the image).", valueName: "directory"),
        completion: .directory)
    var directory: String?

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let name = try SourceName(parsing: name)
        let store = try session.open(catalogue, for: .making)
        let source = try store.addSource(
            name: name, image: session.resolved(image), directory: directory.map(session.resolvedParent))
        try session.present(SourcePresentation(source: source, change: .added), display)
    }
}
