// `losnap release`: allow removal again.

import ArgumentParser
import Snapshots

struct Release: Command {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Allow the removal of a held snapshot again.",
        discussion: """
            EXAMPLES:
              losnap release home@before-upgrade
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String

    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let store = try session.openIfThere(catalogue, for: .changing, waits: change.wait)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        let (released, wasHeld) = try store.release(listed)
        let presentation = RecordPresentation(snapshot: released, change: wasHeld ? .released : .notHeld)
        try session.present(presentation, display, quiet: change.quiet)
    }
}
