// Runs the system's programs (mkfs, mount, losetup, ...) for the fixtures, by name from the usual places and always
// under a deadline. A failure throws with the program's own words.

import Glibc
package import SystemPackage

package enum Command {
    /// Runs a program that has to succeed; returns its output.
    @discardableResult
    package static func run(_ name: String, _ arguments: [String], within deadline: Duration = .seconds(30)) throws -> String {
        let outcome = try outcome(name, arguments, within: deadline)
        guard outcome.succeeded else {
            throw FixtureError("\(name) \(arguments.joined(separator: " ")): \(outcome.status) \(outcome.stderr)")
        }
        return outcome.stdout
    }

    /// Runs a program that may fail.
    package static func outcome(_ name: String, _ arguments: [String], within deadline: Duration = .seconds(30)) throws -> Outcome {
        guard let program = find(name) else { throw FixtureError("no program \(name)") }
        return try ChildProcess(Invocation(executable: program, arguments: arguments)).finish(within: deadline)
    }

    /// The program's path, or nil if it is not installed.
    package static func find(_ name: String) -> FilePath? {
        for directory in CleanEnvironment.variables["PATH", default: ""].split(separator: ":") {
            let path = "\(directory)/\(name)"
            if access(path, X_OK) == 0 { return FilePath(path) }
        }
        return nil
    }
}
