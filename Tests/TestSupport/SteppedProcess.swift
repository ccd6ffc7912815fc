// A program that stands still after each of its system calls of a set, until it is told to go on: so that a test meets every moment and not
// a chance one. The tracer delivers SIGSTOP with each such call, which takes effect when the call is done and which no program can block. The
// rule: only the main process is held; its guard runs on, and thaws at the deadline if the test holds a freeze for too long.

import Foundation
import Glibc
import SystemPackage

/// A process held after each of its calls.
package final class SteppedProcess {
    /// The calls after which the disk may look different than before. Those that only look are left out, or there would be thousands.
    package static let changingCalls =
        "write,pwrite64,pwritev,fsync,fdatasync,syncfs,link,linkat,unlink,unlinkat,rename,renameat2,fsetxattr,fremovexattr,fchmod,fchown,"
        + "mkdir,mkdirat,ftruncate,fallocate,ioctl"

    package let process: ChildProcess
    private let log: FilePath
    private var text = ""
    private var stops = 0

    /// The call that it has just made, for messages of failures.
    package private(set) var call = "start"
    /// Whether it has written something to its standard output: the report of what it has done.
    package private(set) var hasReported = false

    /// Starts the tool under the tracer, in a scope that ends both.
    package init(_ scope: TestScope, _ tool: Tool, _ arguments: [String], calls: String = SteppedProcess.changingCalls) throws {
        guard let strace = Command.find("strace") else { throw FixtureError("no program strace") }
        log = scope.freshPath("steps")
        try scope.write("", to: log)
        // As the tracer's grandchild the tool would not be ours to wait for: -D turns it round.
        let traced =
            ["-D", "-qq", "-o", log.string, "-e", "trace=\(calls)", "-e", "inject=\(calls):signal=SIGSTOP", tool.executable.string]
            + arguments
        process = try scope.start(Tool(executable: strace).invocation(traced, environment: tool.environment))
    }

    /// Lets it go on to the end of its next call.
    ///
    /// - Returns: false when it has ended.
    package func next(within limit: Duration = .seconds(20)) throws -> Bool {
        if stops > 0 { process.send(SIGCONT) }
        let end = ContinuousClock.now + limit
        repeat {
            if try hasStoppedAgain() { return true }
            if process.poll() != nil { return false }
            usleep(200)
        } while ContinuousClock.now < end
        throw FixtureError("after \(call): neither the next call nor the end comes")
    }

    /// Lets it go on to its end without a stop.
    package func runToEnd() throws {
        while try next() {}
    }

    private func hasStoppedAgain() throws -> Bool {
        text = try String(contentsOfFile: log.string, encoding: .utf8)
        let lines = text.split(separator: "\n")
        let stopped = lines.indices.filter { lines[$0] == "--- stopped by SIGSTOP ---" }
        guard stopped.count > stops, let last = stopped.last else { return false }
        stops = stopped.count
        if let line = lines[..<last].last(where: { !$0.hasPrefix("---") }) { call = String(line.prefix(160)) }
        if !hasReported { hasReported = lines.contains { $0.hasPrefix("write(1, ") } }
        return true
    }
}
