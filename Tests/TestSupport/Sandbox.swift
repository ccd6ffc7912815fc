// A place of its own for losnap's catalogue, configuration, locks and freeze records, so that tests that run side by
// side, and a losnap that is installed on the machine, do not see each other.

import Glibc
package import SystemPackage
package import Testing

package struct Sandbox: Sendable {
    /// What all paths lie in.
    package let directory: FilePath
    package let catalogue: FilePath
    /// An empty, valid configuration until a test writes to it.
    package let configuration: FilePath
    /// Stands for /run: freeze records and locks.
    package let runtime: FilePath
    /// losnap in this sandbox.
    package let losnap: Tool

    /// Runs losnap here: `sandbox.run("create", "home")`.
    package func run(
        _ arguments: String..., environment: [String: String] = [:], input: String = "", within deadline: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        try losnap.run(arguments, environment: environment, input: input, within: deadline, sourceLocation: sourceLocation)
    }

    /// Runs losnap with `--json`, requires success, and parses what it printed.
    package func json(
        _ arguments: String..., environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> JSONValue {
        let outcome = try losnap.run(arguments + ["--json"], environment: environment, sourceLocation: sourceLocation)
        try #require(outcome.succeeded, "\(arguments): \(outcome.status) \(outcome.stderr)", sourceLocation: sourceLocation)
        return try JSONValue(parsing: outcome.stdout)
    }
}

extension TestScope {
    /// Makes a sandbox for the user who runs the tests, or one where everything is `nobody`'s and losnap runs as that.
    package func sandbox(asNobody unprivileged: Bool = false) throws -> Sandbox {
        let directory = try freshDirectory("sandbox", mode: 0o700)
        let runtime = directory.appending("run")
        let configuration = directory.appending("losnap.yaml")
        let catalogue = directory.appending("state").appending("catalogue.sqlite")
        for path in [runtime, directory.appending("home"), catalogue.removingLastComponent()] { try makeDirectory(path, mode: 0o700) }
        try makeSparseFile(configuration, size: 0)

        var losnap = Tool.losnap
        if unprivileged {
            losnap = try asNobody(losnap)
            try Command.run("chown", ["-R", "\(Self.nobody):\(Self.nobody)", "--", directory.string])
        }
        losnap.environment.merge([
            "LOSNAP_CATALOGUE": catalogue.string, "LOSNAP_CONFIG": configuration.string, "LOSNAP_RUNTIME_DIR": runtime.string,
            "HOME": directory.appending("home").string,
        ]) { $1 }
        return Sandbox(directory: directory, catalogue: catalogue, configuration: configuration, runtime: runtime, losnap: losnap)
    }
}
