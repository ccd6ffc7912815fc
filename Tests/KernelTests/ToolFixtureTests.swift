// Running programs, reading their output and ending them: the part of the fixtures that needs no privileges.

import Foundation
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Running tools", .timeLimit(.minutes(15)))
struct ToolFixtureTests {
    private let shell = Tool(executable: "/bin/sh")

    @Test("status, output, input and directory arrive")
    func outcome() throws {
        let outcome = try shell.run(["-c", "cat; pwd >&2; exit 3"], input: "words", directory: "/usr")
        #expect(outcome.status == .exited(3))
        #expect(outcome.stdout == "words")
        #expect(outcome.stderr == "/usr\n")
        #expect(try shell.run(["-c", "kill -9 $$"]).status == .signalled(SIGKILL))
        #expect(throws: FixtureError.self) { try Command.run("no-such-program", []) }
    }

    @Test("the environment is clean")
    func cleanEnvironment() throws {
        setenv("LOSNAP_TEST_LEAK", "1", 1)
        let names = try Tool(executable: "/usr/bin/env").run(environment: ["EXTRA": "x"]).stdout
            .split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) }
        #expect(Set(names).isSuperset(of: ["PATH", "HOME", "TZ", "LC_ALL", "EXTRA"]))
        #expect(!names.contains("LOSNAP_TEST_LEAK"))
    }

    @Test("much output on both streams does not block")
    func largeOutput() throws {
        let outcome = try shell.run(
            ["-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"], input: String(repeating: "x", count: 1 << 20))
        #expect(outcome.stdout.utf8.count == 3_000_000 && outcome.stderr.utf8.count == 3_000_000)
    }

    @Test("the deadline kills, and is a failure that says so")
    func deadline() throws {
        let log = Log()
        var patient = shell
        patient.report = log.report
        let outcome = try patient.run(["-c", "echo begun; sleep 60; echo done"], within: .milliseconds(300))
        #expect(log.entries.first?.contains("still running after 0.3 seconds, killed") == true)
        #expect(outcome.status == .killedAtDeadline)
        #expect(outcome.stdout == "begun\n")
        #expect(outcome.elapsed < .seconds(10))
    }

    @Test("a clean-up that fails is reported, and the others still run, newest first")
    func failingCleanUp() throws {
        let log = Log()
        try TestScope.with(report: log.report) { scope in
            scope.atEnd("first") { log.add("first") }
            scope.atEnd("second") { throw FixtureError("on purpose") }
            scope.atEnd("third") { log.add("third") }
        }
        #expect(log.entries == ["third", "clean-up failed: second: on purpose", "first"])
    }

    @Test("a process in the background can be signalled, waited for, and does not outlive the test")
    func background() throws {
        var left: ChildProcess?
        try TestScope.with { scope in
            let process = try scope.start(shell.invocation(["-c", "trap 'echo caught; exit 4' TERM; while :; do sleep 0.05; done"]))
            #expect(process.waitForEnd(within: .milliseconds(200)) == nil)
            process.send(SIGTERM)
            let outcome = process.finish(within: .seconds(10))
            #expect(outcome.status == .exited(4) && outcome.stdout == "caught\n")
            left = try scope.start(shell.invocation(["-c", "sleep 60"]))
        }
        #expect(left?.poll() == .signalled(SIGKILL))
    }

    @Test("output that something left behind holds open is noticed")
    func heldOpen() throws {
        for (redirection, heldOpen) in [("", true), (">/dev/null 2>&1", false)] {
            let outcome = try shell.run(["-c", "sleep 60 \(redirection) & echo $!"])
            #expect(outcome.outputHeldOpen == heldOpen)
            let left = try #require(Int32(outcome.stdout.trimmingCharacters(in: .whitespacesAndNewlines)))
            kill(left, SIGKILL)
        }
    }

    @Test("the tools are where the tests look for them, and sandboxes differ")
    func toolsAndSandboxes() throws {
        try TestScope.with { scope in
            let (one, other) = (try scope.sandbox(), try scope.sandbox())
            #expect(one.catalogue != other.catalogue && one.runtime != other.runtime)
            #expect(access(Tool.losnap.executable.string, X_OK) == 0)
            #expect(access(Tool.loclone.executable.string, X_OK) == 0)
            #expect(try one.run("--help").succeeded)
        }
    }

    @Test("JSON is looked into without traps")
    func json() throws {
        let value = try JSONValue(parsing: #"{"a":[{"n":1,"b":true,"x":null,"s":"t","d":1.5}]}"#)
        #expect(value["a"][0]["n"] == 1 && value["a"][0]["b"] == true && value["a"][0]["x"] == .null)
        #expect(value["a"][0]["s"] == "t" && value["a"][0]["d"] == 1.5)
        #expect(value["a"][7]["nothing"] == .absent)
        #expect(throws: FixtureError.self) { try JSONValue(parsing: "{} {}") }
    }
}

/// What the fixtures reported, in order.
private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var entries: [String] { lines.withLock { $0 } }
    var report: FailureReport { FailureReport { [self] text, _ in add(text) } }
    func add(_ entry: String) { lines.withLock { $0.append(entry) } }
}
