// `losnap config`: look at the configuration.

import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check and show the configuration.",
        discussion: """
            The configuration is /etc/losnap/losnap.yaml for root, ~/.config/losnap/losnap.yaml for others; losnap.yaml(5) tells what it may say.

            EXAMPLES:
              losnap config check
              losnap config show --json
            """,
        subcommands: [CheckConfiguration.self, ShowConfiguration.self])
}
