// From arguments to an exit status. The rule: whatever goes wrong, on the way or while the output is written, ends here, is told once, and
// becomes one status.

enum Program {
    /// Runs one command line.
    static func run(_ arguments: [String], in session: Session) -> ExitStatus {
        defer { session.endProgress() }
        do {
            switch try CommandLineParser.parse(arguments) {
            case .text(let text): try session.output.write(text.hasSuffix("\n") ? text : text + "\n")
            case .command(let command):
                // Before configuration and catalogue are looked at: they may lie on what is frozen. `thaw` does it as its own work, and
                // `check` changes nothing.
                if !(command is Thaw || command is Check) { try session.thawFirst() }
                try command.run(in: session)
            }
            return .done
        } catch {
            if CommandLineParser.path(of: arguments).type == Check.self { return Check.report(error, arguments, in: session) }
            return session.report(error)
        }
    }
}
