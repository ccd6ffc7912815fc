// `losnap hold`: the flag that forbids removal.

import ArgumentParser
import Snapshots

struct HoldSnapshot: Command {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Forbid the removal of a snapshot.",
        discussion: """
            Neither prune nor delete removes a held snapshot. TIME is RFC 3339, a date or the beginning of one, or \
            a duration from now (2w, 36h). A hold that lasts longer than the new one stays, with an error, unless --replace is given.

            EXAMPLES:
              losnap hold home@latest --reason 'the last good one'
              losnap hold 42 --until 2027-01-01
              losnap hold 42 --until 2w
              losnap hold 42 --until 3d --replace
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String

    @Option(name: .long, help: ArgumentHelp("Why, in your words.", valueName: "text"))
    var reason: String?

    @Option(name: .long, help: ArgumentHelp("Release it by itself at that time, or after that duration.", valueName: "time"))
    var until: String?

    @Flag(name: .long, help: "Replace a hold that lasts longer; without this such a hold is an error.")
    var replace = false

    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let times = TimeReader(zone: session.zone(display), now: session.now)
        let end = try times.instant(until, option: "--until", duration: .ahead)
        if let end, let until, end <= session.now {
            throw FrontError.outOfRange(option: "--until", value: until, range: "in the future", hint: "give a later time")
        }
        let hold = try Hold(reason: reason, until: end)
        let store = try session.openIfThere(catalogue, for: .changing, waits: change.wait)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        try session.present(
            RecordPresentation(snapshot: try store.hold(listed, hold, replaces: replace), change: .held), display, quiet: change.quiet)
    }
}
