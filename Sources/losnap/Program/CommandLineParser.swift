// From arguments to a command. The rule: whatever is wrong with them is a `FrontError` in losnap's own words, with the nearest name that
// exists and the page of help that tells more; the parser's own way of printing and exiting is not used.

import ArgumentParser

/// What a command line asks for.
enum ParsedCommandLine {
    /// A text that answers it by itself: help, version, a completion script.
    case text(String)
    /// A command to run.
    case command(any Command)
}

enum CommandLineParser {
    /// Reads the arguments after the program's name.
    static func parse(_ arguments: [String]) throws -> ParsedCommandLine {
        if let problem = unknownCommand(arguments) ?? emptyValue(arguments) { throw problem }
        do {
            var parsed = try Losnap.parseAsRoot(OptionalValue.spelledOut(arguments))
            if let command = parsed as? any Command { return .command(command) }
            if parsed is Losnap || parsed is SourceCommand || parsed is ConfigCommand || parsed is PolicyCommand {
                throw FrontError.missingCommand(path: path(of: arguments).names)
            }
            // The parser's own command, which answers with a page of help.
            try parsed.run()
            return .text("")
        } catch let error as FrontError {
            throw error
        } catch {
            if Losnap.exitCode(for: error) == .success {
                if let problem = helpByAccident(arguments) { throw problem }
                return .text(Losnap.fullMessage(for: error))
            }
            throw usageError(Losnap.message(for: error), path: path(of: arguments).names)
        }
    }

    /// The commands that the arguments name, and the type of the last one.
    static func path(of arguments: [String]) -> (names: [String], type: any ParsableCommand.Type) {
        var type: any ParsableCommand.Type = Losnap.self
        var names = ["losnap"]
        for argument in words(arguments) {
            guard let next = type.configuration.subcommands(named: argument) else { break }
            type = next
            names.append(argument)
        }
        return (names, type)
    }

    /// The error for a word where a command's name has to stand; nil if there is none, or it is one.
    private static func unknownCommand(_ arguments: [String]) -> FrontError? {
        let found = path(of: arguments)
        let known = found.type.configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !known.isEmpty, let word = words(arguments).dropFirst(found.names.count - 1).first else { return nil }
        return .unknownCommand(word, path: found.names, nearest: Suggestion.nearest(to: word, among: known))
    }

    /// The error for an option that ends in `=`, as from a script's empty variable: the parser would take the next word for its value.
    private static func emptyValue(_ arguments: [String]) -> FrontError? {
        let empty = arguments.prefix { $0 != "--" }.first { argument in
            argument.hasPrefix("--") && argument.firstIndex(of: "=") == argument.indices.last
                && !OptionalValue.names.contains(String(argument.dropLast()))
        }
        return empty.map { .usage("'\($0)' has no value", hint: "give it one, or leave the option out") }
    }

    /// The error for a word such as `-hold`, in which the parser has seen an `-h`; nil if somebody did ask for help. (A script would go on
    /// as if what it wanted were done.)
    private static func helpByAccident(_ arguments: [String]) -> FrontError? {
        let options = arguments.prefix { $0 != "--" }
        guard options.first != "help", !options.contains(where: { ["-h", "--help", "--version"].contains($0) }) else { return nil }
        let word = options.first { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.count > 2 && $0.contains("h") }
        return word.map {
            .usage("unknown option '\($0)'", hint: "long options have two dashes; a path is written with a slash, as ./\($0)")
        }
    }

    /// The words before the first option, without a `help` that asks about the rest.
    private static func words(_ arguments: [String]) -> [String] {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        return Array(words.first == "help" ? words.dropFirst() : words)
    }

    /// The parser's sentence in losnap's form: lower case, no full stop, the suggestion as a hint.
    static func usageError(_ message: String, path: [String]) -> FrontError {
        var message = message.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.joined(separator: ", ")
        if message.hasSuffix(".") { message.removeLast() }
        var hint = "see \(path.joined(separator: " ")) --help"
        if let range = message.firstRange(of: ". Did you mean ") {
            hint = "did you mean \(message[range.upperBound...]) \(hint)"
            message = String(message[..<range.lowerBound])
        }
        if let range = message.firstRange(of: ". Please provide ") {
            hint = "give \(message[range.upperBound...]); \(hint)"
            message = String(message[..<range.lowerBound])
        }
        return .usage(message.prefix(1).lowercased() + message.dropFirst(), hint: hint)
    }
}

extension CommandConfiguration {
    fileprivate func subcommands(named name: String) -> (any ParsableCommand.Type)? {
        subcommands.first { $0.configuration.commandName == name || $0.configuration.aliases.contains(name) }
    }
}
