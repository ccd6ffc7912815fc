// `losnap source`: manage sources without a configuration file.

import ArgumentParser
import Snapshots
import SystemPackage

struct SourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source",
        abstract: "Add, list, rename, move and remove sources.",
        discussion: """
            A source is an image that snapshots are taken of, with a name. losnap create /home registers one by itself, under the image's file \
            name without its extension.

            EXAMPLES:
              losnap source add home /srv/images/home.img
              losnap source list
            """,
        subcommands: [AddSource.self, ListSources.self, RenameSource.self, MoveSource.self, RemoveSource.self])
}

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

    @Argument(help: "The image file, or a mount point of the filesystem inside it.")
    var image: String

    @Option(name: .long, help: ArgumentHelp("Where its snapshots go (default: .losnap/NAME beside the image).", valueName: "directory"))
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

struct RenameSource: Command {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a source another name.",
        discussion: """
            Its snapshots stay where they are, and are named by the new name from then on.

            EXAMPLES:
              losnap source rename home home-old
            """)

    @Argument(help: "The source.")
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

    @Argument(help: "The source.")
    var source: String

    @Option(name: .long, help: ArgumentHelp("Where its image is now.", valueName: "image"))
    var image: String?

    @Option(name: .long, help: ArgumentHelp("Where its snapshots go from now on.", valueName: "directory"))
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

struct RemoveSource: Command {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Forget a source.",
        discussion: """
            Removes no file. Refused while the source has snapshots, unless they shall stay listed.

            EXAMPLES:
              losnap source remove home
              losnap source remove home --keep-snapshots
            """)

    @Argument(help: "The source.")
    var source: String

    @Flag(name: .long, help: "Keep its snapshots, and keep them listed.")
    var keepSnapshots = false

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let store = try session.openIfThere(catalogue, for: .changing)
        let source = try session.resolve(source, in: store)
        try store?.removeSource(source, keepSnapshots ? .keepingSnapshotsListed : .withoutSnapshots)
        try session.present(SourcePresentation(source: source, change: .removed), display)
    }
}
