// A process that a test has started. The rules: waiting is always bounded, also for a process that SIGKILL can't end
// (a writer on a frozen filesystem); a signal is never sent to a process id that was reaped and may be somebody else's;
// the child inherits its three standard streams and no other descriptor, and leads a process group of its own.

import Foundation
package import Glibc
import Synchronization
package import SystemPackage

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
    /// It was still running at its deadline and was killed.
    case killedAtDeadline
}

/// What a finished process left: status, output, and how long it took.
package struct Outcome: Sendable {
    package let status: ExitStatus
    package let stdout: String
    package let stderr: String
    package let elapsed: Duration
    /// Something that the process left behind still holds its stdout or stderr open.
    package let outputHeldOpen: Bool

    package var succeeded: Bool { status == .exited(0) }
}

/// What to run, and in which surroundings.
package struct Invocation: Sendable {
    package var executable: FilePath
    package var arguments: [String] = []
    package var environment: [String: String] = CleanEnvironment.variables
    package var input = ""
}

/// A running or finished child of the test process.
package final class ChildProcess: Sendable {
    /// Whom a signal is for.
    package enum Target { case process, group }

    package let pid: pid_t
    private let output: ChildOutput
    private let status = Mutex<ExitStatus?>(nil)
    private let started = ContinuousClock.now

    /// Starts the process; throws if the executable can't be run.
    package init(_ invocation: Invocation) throws {
        (pid, output) = try ChildStreams.start(invocation)
    }

    /// How it ended, or nil while it runs.
    package func poll() -> ExitStatus? {
        status.withLock { status in
            if status == nil { status = reap() }
            return status
        }
    }

    /// Sends a signal, unless the process is known to have ended.
    package func send(_ signal: Int32, to target: Target = .process) {
        status.withLock { status in
            if status == nil { status = reap() }
            if status == nil { kill(target == .group ? -pid : pid, signal) }
        }
    }

    /// Waits for the end, without killing; nil when it still runs after `limit`.
    package func waitForEnd(within limit: Duration) -> ExitStatus? {
        let end = ContinuousClock.now + limit
        repeat {
            if let status = poll() { return status }
            usleep(2000)
        } while ContinuousClock.now < end
        return poll()
    }

    /// Kills the process and its group, and waits; nil when not even SIGKILL ends it in time.
    @discardableResult
    package func end(within limit: Duration = .seconds(10)) -> ExitStatus? {
        send(SIGKILL, to: .group)
        return waitForEnd(within: limit)
    }

    /// Waits for the end and the output; at the deadline kills the process and its group and says so in the status.
    package func finish(within deadline: Duration) -> Outcome {
        var status = waitForEnd(within: deadline)
        if status == nil {
            end(within: .seconds(5))
            status = .killedAtDeadline
        }
        let elapsed = ContinuousClock.now - started
        let heldOpen = !output.waitForClose(within: .seconds(1))
        let text = output.text
        return Outcome(
            status: status ?? .killedAtDeadline, stdout: text.stdout, stderr: text.stderr, elapsed: elapsed, outputHeldOpen: heldOpen)
    }

    private func reap() -> ExitStatus? {
        var code: Int32 = 0
        guard waitpid(pid, &code, WNOHANG) == pid else { return nil }
        return code & 0x7f == 0 ? .exited((code >> 8) & 0xff) : .signalled(code & 0x7f)
    }
}
