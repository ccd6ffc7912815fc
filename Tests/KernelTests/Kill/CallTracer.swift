// The tracer as tests see it: losnap with a signal at its n-th system call. The rule: points are counted from the one where the
// catalogue is opened, and what was struck is read from the tracer's report, for a run may have some calls more or less than another.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Runs of losnap under the tracer.
struct CallTracer {
    /// Who is counted and struck.
    enum Target: Sendable {
        case program
        /// The thaw guard of the program.
        case guardian
    }

    /// A blow.
    struct Blow: Sendable {
        var at: Int
        var signal: CInt = 0
        /// Instead of a signal: from there on nothing of that more is to be had.
        var starving: Resource?
        var target = Target.program
        /// Counted from where the guard is forked: what comes before differs with what else is mounted on the machine.
        var fromFork = false
        /// To the process group of the program.
        var toGroup = false
        /// The guard is killed before.
        var guardFirst = false
        /// Held before the call, until the tracer gets SIGUSR1.
        var isHeld = false
    }

    /// What a process may run out of, as setrlimit(2) numbers it.
    enum Resource: Int, CaseIterable, Sendable { case fileSize = 1, descriptors = 7, memory = 9 }

    /// What the tracer has written until now.
    struct Report {
        /// What each call was: `freeze`, `thaw`, `clone`, or a number. Only of runs without a blow.
        var calls: [String] = []
        /// The call before which it was held.
        var held: String?
        /// The call that was met.
        var struck: String?
        /// Whether a freeze of the program had ended, and it had not begun to thaw.
        var wasFrozen = false
        /// Whether the images were cloned when the program was about to thaw.
        var kept = false
        /// How the program ended; nil: not yet.
        var ended: TestSupport.ExitStatus?
    }

    let scope: TestScope
    let sandbox: Sandbox
    private let file: FilePath
    private let tool = Tool(executable: Tool.losnap.executable.removingLastComponent().appending("calltracer"))

    init(_ scope: TestScope, _ sandbox: Sandbox) {
        self.scope = scope
        self.sandbox = sandbox
        file = scope.freshPath("report")
    }

    /// Starts losnap. `keeping`: an image, and where its clone of the same freeze goes; `group`: losnap enters it, the tracer does not.
    func start(
        _ arguments: [String], _ blow: Blow?, keeping: [(image: FilePath, copy: FilePath)] = [], from marker: String = "catalogue.sqlite",
        in group: ControlGroup? = nil
    ) throws -> ChildProcess {
        unlink(file.string)
        var words = ["--report", file.string]
        if blow?.target == .guardian { words.append("--guard") } else { words += ["--from", blow?.fromFork == true ? "fork" : marker] }
        if let blow {
            words += ["--at", "\(blow.at)"]
            words += blow.starving.map { ["--starve", "\($0.rawValue)"] } ?? ["--send", "\(blow.signal)"]
            if blow.toGroup { words.append("--group") }
            if blow.guardFirst { words.append("--guard-first") }
            if blow.isHeld { words.append("--hold") }
        }
        for (image, copy) in keeping { words += ["--keep", image.string, copy.string] }
        words += ["--"] + (group?.entering ?? []) + [sandbox.losnap.executable.string] + arguments
        return try ChildProcess(tool.invocation(words, environment: sandbox.losnap.environment))
    }

    /// The calls that it makes when nothing is done to it.
    func calls(_ arguments: [String], of target: Target = .program) throws -> [String] {
        var words = ["--report", file.string]
        words += target == .guardian ? ["--guard"] : ["--from", "catalogue.sqlite"]
        words += ["--", sandbox.losnap.executable.string] + arguments
        var outcome = try tool.run(words, environment: sandbox.losnap.environment)
        for _ in 0..<20 where KillScene.isOfNeighbours(outcome) {
            usleep(300_000)
            outcome = try tool.run(words, environment: sandbox.losnap.environment)
        }
        let report = try report()
        guard outcome.succeeded, report.ended == .exited(0) else { throw FixtureError("\(outcome)") }
        return report.calls
    }

    func report() throws -> Report {
        var report = Report()
        for line in ((try? String(contentsOfFile: file.string, encoding: .utf8)) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "call": report.calls.append(words[2])
            case "held", "struck":
                if words[0] == "held" { report.held = words[2] } else { report.struck = words[2] }
                report.wasFrozen = words[3] == "frozen"
            case "kept": report.kept = true
            case "ended": report.ended = words[1] == "exit" ? .exited(Int32(words[2]) ?? -1) : .signalled(Int32(words[2]) ?? -1)
            default: throw FixtureError("the tracer says: \(line)")
            }
        }
        return report
    }
}
