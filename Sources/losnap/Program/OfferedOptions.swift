// Which options the command has that was typed, so that no hint names one that it lacks. Read from its own page of help: what stands there is
// what the parser takes.

import ArgumentParser

enum OfferedOptions {
    /// The long options of the command that the arguments name.
    static func of(_ arguments: [String]) -> Set<String> {
        let help = Losnap.helpMessage(for: CommandLineParser.path(of: arguments).type)
        return Set(help.matches(of: /(?m)^ +(?:-[a-z], )?(--[a-z-]+)/).map { String($0.1) })
    }
}
