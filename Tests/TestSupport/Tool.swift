// Runs the programs under test. The rules: always under a deadline, and one that is reached is a failure of the test
// that says so; a clean environment; found beside the test program, or in LOSNAP_BIN_DIR to test a release build.

import Foundation
import Glibc
package import SystemPackage
package import Testing

package struct Tool: Sendable {
    package let executable: FilePath
    /// What the tool gets besides the clean environment, in each of its runs.
    package var environment: [String: String] = [:]
    /// Where a deadline that is reached is told.
    package var report = FailureReport.issue
    /// Programs and arguments in front, each of which ends in exec: the process id is the tool's own.
    var wrapper: [String] = []

    package static let losnap = Tool(executable: binaries.appending("losnap"))
    package static let loclone = Tool(executable: binaries.appending("loclone"))

    /// Any other program, by its path.
    package init(executable: FilePath) { self.executable = executable }

    /// Runs the tool to its end.
    package func run(
        _ arguments: [String] = [], environment: [String: String] = [:], input: String = "", directory: FilePath = "/",
        within deadline: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let invocation = invocation(arguments, environment: environment, input: input, directory: directory)
        let outcome = try ChildProcess(invocation).finish(within: deadline)
        if outcome.status == .killedAtDeadline {
            let command = ([executable.lastComponent?.string ?? ""] + arguments).joined(separator: " ")
            report.failed("\(command): still running after \(deadline), killed\n\(outcome.stdout)\(outcome.stderr)", sourceLocation)
        }
        return outcome
    }

    /// What `run` and `TestScope.start` hand to the system.
    package func invocation(
        _ arguments: [String] = [], environment: [String: String] = [:], input: String = "", directory: FilePath = "/"
    ) -> Invocation {
        let variables = CleanEnvironment.variables.merging(self.environment) { $1 }.merging(environment) { $1 }
        return Invocation(
            executable: "/usr/bin/env", arguments: ["--chdir=\(directory)"] + wrapper + [executable.string] + arguments,
            environment: variables, input: input)
    }

    private static let binaries: FilePath = {
        if let named = ProcessInfo.processInfo.environment["LOSNAP_BIN_DIR"], !named.isEmpty { return FilePath(named) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return FilePath(path).removingLastComponent()
    }()
}

extension TestScope {
    /// Starts a process in the background; it is killed at the end of the test, before anything is unmounted.
    package func start(_ invocation: Invocation) throws -> ChildProcess {
        let process = try ChildProcess(invocation)
        adopt(process)
        return process
    }
}
