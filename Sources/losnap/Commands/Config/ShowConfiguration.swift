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

    @Option(
        name: .long, help: ArgumentHelp("The configuration to look at, instead of LOSNAP_CONFIG or the usual one.", valueName: "file"),
        completion: .file())
    var config: String?

    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try session.present(ConfigurationPresentation(found: try session.configuration(config)), display)
    }
}
