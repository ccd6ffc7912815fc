// A mount that a test has made. The rules: it is thawed before it is unmounted, by a child process under a deadline,
// since an unmount or a write on a frozen filesystem hangs and can't be killed; and no step of the
// clean-up waits for ever. A lazy unmount is the last resort, and a failure of the test.

import Foundation
import Synchronization
package import SystemPackage

package final class Mount: Sendable {
    /// What is mounted: a device, a directory (bind), or `none`.
    package let source: String
    /// The mount point.
    package let path: FilePath
    private let arguments: [String]
    private let mounted = Mutex(false)

    init(_ source: String, at path: FilePath, _ arguments: [String]) throws {
        self.source = source
        self.path = path
        self.arguments = arguments
        try mountAgain()
    }

    /// Mounts what `unmount()` took away.
    package func mountAgain() throws {
        try Command.run("mount", arguments + ["--", source, path.string])
        mounted.withLock { $0 = true }
    }

    /// Changes options of the mount: `remount("ro")`.
    package func remount(_ options: String) throws {
        try whileBusy { try Command.outcome("mount", ["-o", "remount,\(options)", "--", path.string]) }
    }

    /// Unmounts in the middle of a test.
    package func unmount() throws {
        try whileBusy { try Command.outcome("umount", ["--", path.string], within: .seconds(20)) }
        mounted.withLock { $0 = false }
    }

    /// udev, a thaw guard that is ending, or a child that has not come to exec yet may keep it busy for a moment.
    private func whileBusy(_ command: () throws -> Outcome) throws {
        let end = ContinuousClock.now + .seconds(5)
        while true {
            let outcome = try command()
            if outcome.succeeded { return }
            if outcome.status == .killedAtDeadline || ContinuousClock.now > end {
                throw FixtureError("\(path): \(outcome.status) \(outcome.stderr)")
            }
            usleep(50000)
        }
    }

    /// Freezes the filesystem from a child process. The test has to thaw it; the clean-up does it if the test fails.
    package func freeze() throws { try Command.run("fsfreeze", ["--freeze", path.string], within: .seconds(10)) }

    /// Thaws until the kernel says that nothing is frozen; the number of thaws tells whether, and how often, it was.
    @discardableResult
    package func thaw() -> Int {
        guard isMounted else { return 0 }
        for count in 0..<20 {
            let outcome = try? Command.outcome("fsfreeze", ["--unfreeze", path.string], within: .seconds(5))
            if outcome?.succeeded != true { return count }
        }
        return 20
    }

    package var isMounted: Bool { mounted.withLock { $0 } }

    func takeDown() throws {
        // A test may have had the tool, or mount(8), take it away.
        guard isMounted, isMountPoint else { return }
        thaw()
        do { try unmount() } catch {
            thaw()
            try Command.run("umount", ["--lazy", "--", path.string], within: .seconds(10))
            throw FixtureError("\(error); unmounted lazily")
        }
    }

    private var isMountPoint: Bool {
        (try? Command.outcome("mountpoint", ["-q", "--", path.string], within: .seconds(5)))?.status != .exited(32)
    }
}

extension TestScope {
    /// Mounts a device, at a new directory unless `path` names an existing one.
    package func mount(
        _ device: FilePath, _ kind: Filesystem, at path: FilePath? = nil, options: String = "defaults"
    ) throws -> Mount {
        try mount(device.string, at: path, ["-t", kind.mountType, "-o", options])
    }

    /// Shows an existing directory at a second place.
    package func bindMount(_ directory: FilePath, at path: FilePath? = nil) throws -> Mount {
        try mount(directory.string, at: path, ["--bind"])
    }

    func mount(_ source: String, at path: FilePath?, _ arguments: [String]) throws -> Mount {
        let mount = try Mount(source, at: path ?? freshDirectory("mount"), arguments)
        adopt(mount)
        KernelAccess.record("mount \(arguments.joined(separator: " "))")
        return mount
    }
}
