// `losnap label`: the user's own name for a snapshot.

import ArgumentParser
import Snapshots

struct LabelSnapshot: Command {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Give a snapshot a label, or take it away.",
        discussion: """
            A label names a snapshot: home@before-upgrade is the newest with that label. Texts that read like a number, a time, an age, \
            latest or oldest are refused.

            EXAMPLES:
              losnap label 42 before-upgrade
              losnap label home@before-upgrade --remove
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String

    @Argument(help: "Its label from now on.")
    var text: String?

    @Flag(name: .long, help: "Take the label away.")
    var remove = false

    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        guard (text == nil) == remove else {
            throw FrontError.usage("label wants either a text or --remove", hint: "see losnap label --help")
        }
        let label = try text.map { try Label(parsing: $0) }
        let store = try session.openIfThere(catalogue, for: .changing, waits: change.wait)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        try session.present(RecordPresentation(snapshot: try store.label(listed, label), change: .labelled), display, quiet: change.quiet)
    }
}
