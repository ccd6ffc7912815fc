// What most tests of the freeze need: a pool, an image in it, the probe, and ways to tell what is frozen without being hung by it. The
// rule: whatever may touch a frozen filesystem is a process of its own, under a deadline.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

struct FreezeScene {
    let scope: TestScope
    let pool: Pool
    let image: MountedImage
    let probe: Probe
    var runtime: FilePath { probe.runtime }

    init(_ scope: TestScope, pool kind: Filesystem = .xfs, image imageKind: Filesystem = .xfs, size: Int? = nil) throws {
        self.scope = scope
        pool = try scope.pool(kind)
        image = try scope.mountedImage("home.img", in: pool.path, imageKind, size: size)
        probe = try Probe(scope)
    }

    /// Where a clone goes.
    var destination: FilePath { pool.path.appending("clone.img") }

    /// Starts the probe on the image.
    func start(_ options: [String]) throws -> ChildProcess {
        try probe.start(["clone", runtime.string] + options + [image.file.string, destination.string])
    }

    /// Starts the probe on the image, and waits until its clone has begun: with everything frozen it stands still for so many seconds.
    func startStalled(for seconds: Double, _ options: [String] = []) throws -> ChildProcess {
        // The first call is the attempt with one block, before the freeze.
        let process = try start(options + ["--stall", "cloneRange:2:\(seconds)"])
        try probe.waitFor("cloneRange", 2, of: process)
        return process
    }

    /// Runs the probe on the image to its end.
    func clone(_ options: [String] = []) throws -> Outcome {
        try probe.run(["clone", runtime.string] + options + [image.file.string, destination.string])
    }

    /// Changes the one freeze record that is there.
    func rewriteRecord(_ change: (inout FreezeRecord) -> Void) throws {
        let name = try #require(probe.records.first)
        let file = runtime.appending("frozen").appending(name)
        var record = try #require(FreezeRecord(text: String(contentsOfFile: file.string, encoding: .utf8)))
        change(&record)
        try scope.write(record.text, to: file)
    }

    /// Nothing of a clone: neither under its name nor under another.
    func expectNoClone(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: pool.path.string).filter { $0 != "lost+found" }
        #expect(names == ["home.img"], sourceLocation: sourceLocation)
    }
}

/// The probe with a runtime directory of its own.
struct Probe {
    let scope: TestScope
    let runtime: FilePath
    private let tool: Tool

    init(_ scope: TestScope) throws {
        self.scope = scope
        runtime = try scope.freshDirectory("run", mode: 0o700)
        tool = Tool(executable: Tool.losnap.executable.removingLastComponent().appending("freezeprobe"))
    }

    func start(_ arguments: [String]) throws -> ChildProcess { try scope.start(tool.invocation(arguments)) }

    func run(_ arguments: [String], within deadline: Duration = .seconds(60)) throws -> Outcome {
        try tool.run(arguments, within: deadline)
    }

    func thaw() throws -> String { try run(["thaw", runtime.string]).stdout }

    /// The freeze records there are.
    var records: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: runtime.appending("frozen").string)) ?? []).sorted()
    }

    /// Waits until the probe has come to the n-th call of a kind.
    func waitFor(_ call: String, _ number: Int = 1, of process: ChildProcess, within limit: Duration = .seconds(20)) throws {
        let marker = runtime.appending("at-\(call)-\(number)").string
        try eventually("the probe comes to \(call) \(number)", within: limit) {
            if access(marker, F_OK) == 0 { return true }
            if process.poll() != nil { throw FixtureError("the probe has ended: \(process.finish(within: .seconds(1)))") }
            return false
        }
    }
}

/// Waits until something is so.
func eventually(_ what: String, within limit: Duration = .seconds(10), _ isSo: () throws -> Bool) throws {
    let end = ContinuousClock.now + limit
    while try !isSo() {
        if ContinuousClock.now > end { throw FixtureError("still not so after \(limit): \(what)") }
        usleep(2000)
    }
}

/// A small write in a process of its own: it hangs while the filesystem is frozen and ends when it is thawed.
struct Touch {
    private let process: ChildProcess
    private let began = ContinuousClock.now

    init(_ scope: TestScope, in directory: FilePath) throws {
        let file = directory.appending("touched-\(UInt32.random(in: 0...UInt32.max))")
        process = try scope.start(Tool(executable: "/usr/bin/touch").invocation([file.string]))
    }

    /// Whether it hangs still, after a moment in which it would have been done.
    func hangs(for moment: Duration = .milliseconds(300)) -> Bool { process.waitForEnd(within: moment) == nil }

    /// How long it took to get through since it began; throws when it did not get through.
    func through(within limit: Duration) throws -> Duration {
        guard process.waitForEnd(within: limit) == .exited(0) else { throw FixtureError("a write still hangs after \(limit)") }
        return ContinuousClock.now - began
    }
}

extension Mount {
    /// Proves that it is not frozen: freezing it works (else EBUSY), and one thaw ends that.
    func expectThawed(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(throws: Never.self, "\(path) is frozen", sourceLocation: sourceLocation) { try freeze() }
        #expect(thaw() >= 1, sourceLocation: sourceLocation)
    }
}

/// The guard of a process.
func guardPID(of parent: pid_t) throws -> pid_t {
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
        guard let pid = pid_t(name), let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { continue }
        guard let end = stat.lastIndex(of: ")"), stat.contains("(losnap-guard)") else { continue }
        if stat[stat.index(after: end)...].split(separator: " ")[1] == "\(parent)" { return pid }
    }
    throw FixtureError("process \(parent) has no guard")
}

/// The letter of proc_pid_stat(5): R, S, D, T, Z; nil when there is no such process.
func processState(_ pid: pid_t) -> String? {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return nil }
    guard let end = stat.lastIndex(of: ")") else { return nil }
    return stat[stat.index(after: end)...].split(separator: " ").first.map(String.init)
}

/// Whether a process is there and no zombie.
func isRunning(_ pid: pid_t) -> Bool { processState(pid).map { $0 != "Z" } ?? false }

/// Stops the guard and kills the cloner: what is frozen stays so, with a guard that lives and does nothing. Returns the guard.
func killBesideStoppedGuard(_ process: ChildProcess) throws -> pid_t {
    let guardian = try guardPID(of: process.pid)
    kill(guardian, SIGSTOP)
    process.send(SIGKILL)
    #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))
    return guardian
}

/// Kills cloner and guard so that neither can do anything after the other's death: both are stopped first.
func killBoth(_ process: ChildProcess) throws {
    let guardian = try guardPID(of: process.pid)
    kill(guardian, SIGSTOP)
    process.send(SIGSTOP)
    try eventually("both are stopped") { processState(guardian) == "T" && processState(process.pid) == "T" }
    kill(guardian, SIGKILL)
    process.send(SIGKILL)
    #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))
    try eventually("the guard is gone") { !isRunning(guardian) }
}
