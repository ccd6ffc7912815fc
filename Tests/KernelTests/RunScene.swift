// What the tests of `run` and its hooks share: a configuration of the pool at hand, time that has passed, and silence.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

extension CliScene {
    /// Writes the configuration; POOL stands for the pool's directory.
    func configure(_ text: String) throws {
        try scope.write(text.replacing("POOL", with: pool.path.string) + "\n", to: sandbox.configuration)
        chmod(sandbox.configuration.string, 0o600)
    }

    /// Configures `home` with these settings, a line each, and what comes behind the source.
    func configureHome(_ settings: String, more: String = "") throws {
        try configure(
            "sources:\n  home:\n    image: POOL/home.img\n" + settings.split(separator: "\n").map { "    \($0)\n" }.joined() + more)
    }

    /// The lines that hooks have written to `POOL/order`.
    func order() throws -> [String] {
        let path = pool.path.appending("order").string
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Lets everything that is in the catalogue have happened so many days earlier.
    func age(days: Int) throws {
        let difference = days * 86_400_000
        try sql("UPDATE snapshot SET taken_at = taken_at - \(difference); UPDATE event SET at = at - \(difference);")
    }
}

/// Waits until there is such a file.
func waitFor(_ path: FilePath) throws {
    let end = ContinuousClock.now + .seconds(30)
    while !FileManager.default.fileExists(atPath: path.string) {
        if ContinuousClock.now > end { throw Errno.timeout }
        usleep(10_000)
    }
}

/// Asserts that nothing was said, and all is well.
func expectSilence(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
        outcome.succeeded && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome.status) \(outcome.stdout)\(outcome.stderr)",
        sourceLocation: sourceLocation)
}
