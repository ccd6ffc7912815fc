// Everything a test makes outside its own memory belongs to a scope: one directory with a unique name, and a list
// of clean-ups. The rule: whatever happens in the test, every clean-up runs, newest first, each bounded in time,
// and one that fails is an issue of the test. Before the first of them every process of the test is killed and every
// mount thawed, outermost first, because an inner filesystem can't be thawed or unmounted under a frozen outer one.

import Foundation
package import Glibc
import Synchronization
package import SystemPackage
package import Testing

/// What one test has made, and how it is taken down.
package final class TestScope: Sendable {
    private struct State {
        var counter = 0
        var cleanUps: [(what: String, action: @Sendable () throws -> Void)] = []
        var processes: [ChildProcess] = []
        var mounts: [Mount] = []
    }

    /// The directory that holds all files of the test; others may enter it, so that a test can run a tool as another user.
    package let directory: FilePath
    private let state = Mutex(State())

    private init() throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/tmp"
        var template = Array("\(parent)/losnap-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureError("mkdtemp in \(parent): \(Errno(rawValue: errno))") }
        directory = FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        chmod(directory.string, 0o755)
    }

    /// Runs `body` with a new scope and takes down what it made, also when it throws.
    package static func with<Result>(
        report: FailureReport = .issue, sourceLocation: SourceLocation = #_sourceLocation, _ body: (TestScope) throws -> Result
    ) throws -> Result {
        let scope = try TestScope()
        defer { scope.takeDown { report.failed($0, sourceLocation) } }
        return try body(scope)
    }

    /// Registers something to undo at the end of the test, before everything registered earlier.
    package func atEnd(_ what: String, _ action: @escaping @Sendable () throws -> Void) {
        state.withLock { $0.cleanUps.append((what, action)) }
    }

    /// A path in the scope's directory that nothing has used yet: `prefix-1`, `prefix-2`, ...
    package func freshPath(_ prefix: String) -> FilePath {
        directory.appending("\(prefix)-\(state.withLock { $0.counter += 1; return $0.counter })")
    }

    /// A new, empty directory.
    package func freshDirectory(_ prefix: String, mode: mode_t = 0o755) throws -> FilePath {
        let path = freshPath(prefix)
        try makeDirectory(path, mode: mode)
        return path
    }

    /// Writes a small file; nothing is left open that would keep a mount busy.
    package func write(_ text: String, to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    func makeDirectory(_ path: FilePath, mode: mode_t = 0o755) throws {
        guard mkdir(path.string, mode) == 0 else { throw FixtureError("mkdir \(path): \(Errno(rawValue: errno))") }
        chmod(path.string, mode)
    }

    func adopt(_ process: ChildProcess) {
        state.withLock { $0.processes.append(process) }
        atEnd("reap process \(process.pid)") {
            if process.end(within: .seconds(10)) == nil { throw FixtureError("process \(process.pid) does not die of SIGKILL") }
        }
    }

    func adopt(_ mount: Mount) {
        state.withLock { $0.mounts.append(mount) }
        atEnd("unmount \(mount.path)") { try mount.takeDown() }
    }

    private func takeDown(_ report: (String) -> Void) {
        let made = state.withLock { $0 }
        for process in made.processes { process.send(SIGKILL, to: .group) }
        for mount in made.mounts { mount.thaw() }
        for (what, action) in made.cleanUps.reversed() {
            do { try action() } catch { report("clean-up failed: \(what): \(error)") }
        }
        do { try removeDirectory() } catch { report("clean-up failed: \(error)") }
    }

    /// Never crosses into a filesystem that could not be unmounted; clears immutable flags if they are what is in the way.
    private func removeDirectory() throws {
        let remove = ["-rf", "--one-file-system", "--", directory.string]
        if try Command.outcome("rm", remove).status == .exited(0) { return }
        _ = try Command.outcome("chattr", ["-R", "-f", "-i", "--", directory.string])
        try Command.run("rm", remove)
    }
}
