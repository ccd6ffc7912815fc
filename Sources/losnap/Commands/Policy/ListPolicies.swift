// `losnap policy list`.

import ArgumentParser

struct ListPolicies: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the configured policies: what they keep, and which sources use them.",
        discussion: """
            EXAMPLES:
              losnap policy list
              losnap policy list --json
            """)

    @Option(name: .long, help: ArgumentHelp("The configuration to look at, instead of LOSNAP_CONFIG or the usual one.", valueName: "file"))
    var config: String?

    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try session.present(PoliciesPresentation(found: try session.configuration(config)), display)
    }
}
