// The options that many commands share, each group with one idea.

import ArgumentParser

/// Where losnap's own files are.
struct CatalogueArguments: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("The catalogue to use, instead of the usual one or LOSNAP_CATALOGUE.", valueName: "file"),
        completion: .file())
    var catalogue: String?

    @Option(
        name: .long, help: ArgumentHelp("The configuration to use, instead of LOSNAP_CONFIG or the usual one.", valueName: "file"),
        completion: .file())
    var config: String?
}

/// Which configuration a command is about that needs no catalogue.
struct ConfigurationArguments: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("The configuration to look at, instead of LOSNAP_CONFIG or the usual one.", valueName: "file"),
        completion: .file())
    var config: String?
}

/// How results are shown.
struct DisplayArguments: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object (Docs/json.md).")
    var json = false

    @Flag(name: .long, help: "Show and read times in UTC, not in the local time zone.")
    var utc = false
}

/// How changing commands behave.
struct ChangeArguments: ParsableArguments {
    @Flag(name: .long, help: "Wait for another losnap that is at work on the same image.")
    var wait = false

    @Flag(name: .long, help: "Print nothing when all is well.")
    var quiet = false
}

/// Whether it is for show.
struct DryRunArguments: ParsableArguments {
    @Flag(name: .long, help: "Show what would be done, and do nothing.")
    var dryRun = false
}
