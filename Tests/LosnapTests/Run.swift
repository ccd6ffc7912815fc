// Running a command line inside the test, with streams that are collected.

import CloneCore
import SystemPackage

@testable import losnap

/// What came of a command line.
struct RunOutcome {
    let status: losnap.ExitStatus
    let stdout: String
    let stderr: String
}

/// Runs losnap's front in this process, in a place that has nothing.
func run(_ arguments: String..., environment: [String: String] = [:], userID: UInt32 = 1000) -> RunOutcome {
    let session = session(arguments, environment: environment, userID: userID)
    let status = Program.run(arguments, in: session)
    return RunOutcome(status: status, stdout: session.output.collected, stderr: session.complaints.collected)
}

/// A session in which no path leads anywhere but where the test says.
func session(_ arguments: [String] = [], environment: [String: String] = [:], userID: UInt32 = 1000) -> Session {
    let defaults = ["HOME": "/nonexistent", "TZ": "UTC", "LOSNAP_RUNTIME_DIR": "/nonexistent/run"]
    let environment = defaults.merging(environment) { $1 }
    return Session(
        arguments: arguments, environment: { environment[$0] }, userID: userID, currentDirectory: { "/somewhere" },
        output: OutputStream(descriptor: nil), complaints: OutputStream(descriptor: nil))
}
