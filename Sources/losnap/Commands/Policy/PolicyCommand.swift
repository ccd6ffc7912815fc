// `losnap policy`: see what the rules mean, before they do anything.

import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "See what policies keep, and how a set of snapshots develops under them.",
        discussion: """
            Nothing is looked at but the configuration, and nothing is changed. losnap prune --dry-run shows what a policy makes of the \
            snapshots that there are.

            EXAMPLES:
              losnap policy list
              losnap policy show standard
              losnap policy simulate standard --every 1h --for 3y
            """,
        subcommands: [ListPolicies.self, ShowPolicy.self, SimulatePolicy.self])
}
