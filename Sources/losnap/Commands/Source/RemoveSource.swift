// `losnap source remove`: forget a source. The rule: it removes no file.

import ArgumentParser
import Snapshots

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

    @Argument(help: "The source.", completion: .source)
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
