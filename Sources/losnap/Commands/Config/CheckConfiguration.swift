// `losnap config check`.

import ArgumentParser

struct CheckConfiguration: Command {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether the configuration is right, or everything that is wrong with it.",
        discussion: """
            Each error is told with its place, FILE:LINE:COLUMN; the exit status is 78 then. Nothing else is looked at: neither the catalogue nor \
            whether images are there.

            EXAMPLES:
              losnap config check
              losnap config check --config ./losnap.yaml
            """)

    @OptionGroup var chosen: ConfigurationArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try session.present(ConfigurationCheckPresentation(found: try session.configuration(chosen.config)), display)
    }
}
