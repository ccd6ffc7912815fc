// What a hook runs. The rule: a text is a line for the shell; a list is a program and its arguments, which no shell reads.

/// A hook as it is written.
public enum HookCommand: Sendable, Hashable, ExpressibleByStringLiteral {
    /// A line for `/bin/sh`.
    case shell(String)
    /// A program by its absolute path, and its arguments.
    case program([String])

    /// A line for the shell.
    public init(stringLiteral line: String) { self = .shell(line) }

    /// The texts that are read back.
    var texts: [String] {
        switch self {
        case .shell(let line): [line]
        case .program(let words): words
        }
    }

    /// Whether it is written as a list.
    var isList: Bool { if case .program = self { true } else { false } }
}

extension Entry {
    /// A hook: a line for the shell, or a list of a program and its arguments.
    var hook: Setting<HookCommand>? {
        guard isList else { return one("a command", command).map { $0.map { .shell($0) } } }
        guard let words = several("a program and its arguments", argument) else { return nil }
        if let program = words.value?.first, !program.hasPrefix("/") {
            complain(
                "the program '\(program.shown)' is not given by its absolute path",
                hint: "begin it with /, or write a text for the shell instead of a list")
            return nil
        }
        return words.map { .program($0) }
    }
}
