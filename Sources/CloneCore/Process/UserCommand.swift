// Running a command of the user's own between two snapshots. The rule: it is as if the user's shell ran it, with the same terminal, environment
// and signals; this process outlives what the terminal sends, so that it can do afterwards what it promised.

internal import CLinux
internal import SystemPackage

/// Runs commands by `/bin/sh -c`.
public enum UserCommand {
    /// Runs one to its end.
    ///
    /// - Parameter output: the descriptor that its stdout goes to.
    /// - Returns: its exit status; 128 + N when signal N ended it.
    /// - Throws: `.system(.run, ...)` when it could not be started.
    public static func run(_ command: String, output: CInt = 1) throws(CloneError) -> CInt {
        let status = clinux_shell_run(command, output)
        guard status >= 0 else { throw .system(.run, path: "/bin/sh", Errno(rawValue: -status)) }
        return status
    }
}
