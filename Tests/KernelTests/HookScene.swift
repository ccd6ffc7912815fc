// The hooks under Examples/hooks in the configuration of a scene. The rule: what they keep on the machine (sessions, backup labels) lies in the
// test's own directory, and ends soon even when the test fails.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A source called `database`, with a hook before and after.
struct HookScene {
    let scene: CliScene
    let image: FilePath
    /// Where backup labels go.
    let labels: FilePath
    /// Where sessions are held.
    let state: FilePath
    private let hook: String
    /// Copies of the hooks that come with losnap: root runs no hook from a checkout of somebody else.
    private let hooks: FilePath

    init(_ scene: CliScene, _ hook: String, image: FilePath) throws {
        self.scene = scene
        self.image = image
        self.hook = hook
        labels = scene.sandbox.directory.appending("labels")
        state = scene.sandbox.directory.appending("sessions")
        let ours = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent().appending("Examples/hooks")
        hooks = scene.scope.freshPath("hooks")
        try Command.run("cp", ["-r", "--no-preserve=ownership", "--", ours.string, hooks.string])
        try Command.run("chmod", ["-R", "go-w", "--", hooks.string])
    }

    /// The hook with its argument, and settings in front: in a script, for they name what belongs to a server's user.
    func command(_ argument: String = "", _ settings: String = "") throws -> String {
        let script = scene.scope.freshPath("hook")
        try scene.scope.write(
            "#!/bin/sh\nHOOK_STATE=\(state) HOOK_LABELS=\(labels) HOOK_LIMIT=60s \(settings) exec \(hooks)/\(hook) \"$@\"\n", to: script)
        chmod(script.string, 0o755)
        return "\(script) \(argument)"
    }

    /// Configures the hook for both.
    func configure(_ argument: String, _ settings: String = "", extra: String = "") throws {
        let command = try command(argument, settings)
        try configure(before: command, after: command, extra: extra)
    }

    /// Configures the source with these hooks, and another line of its settings.
    func configure(before: String, after: String, extra: String = "") throws {
        func quoted(_ text: String) -> String { "'" + text.replacingOccurrences(of: "'", with: "''") + "'" }
        let text = """
            sources:
              database:
                image: \(image)
                timeout: 40s
                before: \(quoted(before))
                after: \(quoted(after))
                \(extra)

            """
        try scene.scope.write(text, to: scene.sandbox.configuration)
    }

    /// Takes a snapshot, which has to work without a word.
    func create(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
        let outcome = try scene.sandbox.run("create", "database", "--json")
        try #require(outcome.succeeded, "\(outcome.status) \(outcome.stderr)", sourceLocation: sourceLocation)
        #expect(outcome.stderr.isEmpty && !outcome.outputHeldOpen, "\(outcome.stderr)", sourceLocation: sourceLocation)
        return try JSONValue(parsing: outcome.stdout)["snapshot"]
    }

    /// The numbers of the snapshots that have a backup label.
    func labelled() throws -> [Int] {
        try FileManager.default.contentsOfDirectory(atPath: labels.appending("database").string).compactMap(Int.init).sorted()
    }

    /// What lies where the session was held.
    func leftInState() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: state.appending(hook).appending("database").string)) ?? []).sorted()
    }
}
