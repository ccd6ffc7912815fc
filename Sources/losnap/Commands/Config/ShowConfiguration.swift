// `losnap config show`.

import ArgumentParser

struct ShowConfiguration: Command {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what the configuration says in the end, and where each value comes from.",
        discussion: """
            Policies with what they inherit, sources with the defaults, thresholds for losnap check.

            EXAMPLES:
              losnap config show
              losnap config show --config ./losnap.yaml --json
            """)

    @OptionGroup var chosen: ConfigurationArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try session.present(ConfigurationPresentation(found: try session.configuration(chosen.config)), display)
    }
}
