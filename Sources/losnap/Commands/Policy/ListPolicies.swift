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

    @OptionGroup var chosen: ConfigurationArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try session.present(PoliciesPresentation(found: try session.configuration(chosen.config)), display)
    }
}
