// `losnap thaw`: thaw what a killed losnap left frozen. It needs no catalogue, which may lie on what is frozen.

import ArgumentParser
import CloneCore

struct Thaw: Command {
    static let configuration = CommandConfiguration(
        commandName: "thaw",
        abstract: "Thaw what a killed losnap left frozen.",
        discussion: """
            Every other command but check does this too, before anything else. A filesystem that something else has frozen is never thawed; fsfreeze \
            -u does that.

            EXAMPLES:
              losnap thaw
              losnap thaw --quiet
            """)

    @Flag(name: .long, help: "Print nothing when nothing was left frozen.")
    var quiet = false

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let found = try thawLeftFrozen(places: session.places, kernel: session.kernel)
        // Not before: a slip in the configuration must leave nothing frozen.
        try session.checkConfiguration(catalogue.config)
        try session.present(ThawPresentation(found: found), display, quiet: quiet && found.isEmpty)
        let stuck = found.compactMap { if case .stuck(_, let error) = $0 { error } else { nil } }
        if let first = stuck.first { throw FrontError.stuck(count: stuck.count, hint: first.hint) }
    }
}
