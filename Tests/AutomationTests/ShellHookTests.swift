// Hooks as real processes: what they are given, and how they end. The rule of these tests: what a hook does is read from a file that it wrote.

import CloneCore
import Configuration
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Automation
@testable import Snapshots

@Suite("Hooks as processes", .timeLimit(.minutes(15)))
struct ShellHookTests {
    private func call(_ command: String, _ moment: HookMoment = .before, seconds: Int = 60, more: [String: String] = [:]) -> HookCall {
        let surroundings = HookSurroundings(home: "/root", variables: more)
        return HookCall(moment: moment, command: .shell(command), seconds: seconds, variables: surroundings.environment)
    }

    private func run(_ call: HookCall) -> HookProblem? { HookRunner.shell.run(call) }

    @Test("it starts in / with a clean environment and nothing open but three streams")
    func surroundings() throws {
        try TestScope.with { scope in
            let file = scope.directory.appending("out")
            // A descriptor that would be inherited if nothing were done about it.
            let open = try FileDescriptor.open("/dev/null", .readOnly)
            defer { try? open.close() }
            let script = """
                { pwd; env | sort; sleep 100 & sleep 0.2; echo fd $(ls /proc/$!/fd); \
                grep -E '^Sig(Blk|Ign)' /proc/$!/status; kill $!; readlink /proc/$$/fd/0; ps -o sid= -p $$ | tr -d ' '; echo $$; } >\(file)
                """
            #expect(run(call(script, more: ["LOSNAP_CATALOGUE": "/x y"])) == nil)
            let text = try String(contentsOfFile: file.string, encoding: .utf8)
            let lines = text.split(separator: "\n").map(String.init)
            #expect(lines.first == "/")
            let variables = lines.filter { $0.contains("=") }
            #expect(
                Set(variables) == [
                    "HOME=/root", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "LOSNAP_CATALOGUE=/x y", "PWD=/", "SHELL=/bin/sh",
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ])
            let descriptors = try #require(lines.first { $0.hasPrefix("fd ") }).split(separator: " ").compactMap { Int($0) }
            #expect(descriptors.sorted() == [0, 1, 2], "\(text)")
            #expect(lines.contains { $0.hasSuffix("/dev/null") })
            let numbers = lines.compactMap { Int($0) }
            #expect(numbers.count == 2 && numbers[0] == numbers[1], "it leads a session of its own: \(text)")
            // The two above 31 are the C library's own; a shell has its background jobs ignore INT and QUIT.
            let masks = lines.filter { $0.hasPrefix("Sig") }.compactMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
            #expect(masks.count == 2 && masks.allSatisfy { $0 & 0x7fff_fff9 == 0 }, "\(text)")
        }
    }

    @Test("a list runs its program without a shell, by the descriptor that was judged, be it a binary or a script")
    func lists() throws {
        try TestScope.with { scope in
            let file = scope.directory.appending("out")
            let script = scope.directory.appending("script")
            try scope.write(
                "#!/bin/sh -e\n{ printf '%s|' \"$@\"; echo; readlink -f \"$0\"; echo $LOSNAP_HOOK_PROGRAM; ls /proc/$$/fd; pwd; } >\(file); exit 4\n",
                to: script)
            chmod(script.string, 0o755)
            func list(_ words: String..., seconds: Int = 60) -> HookProblem? {
                let environment = HookSurroundings(home: "/root").environment
                return run(HookCall(moment: .before, command: .program(words), seconds: seconds, variables: environment))
            }
            #expect(list(script.string, "a b", "$(touch x)", "", "*") == .exited(4))
            let lines = try String(contentsOfFile: file.string, encoding: .utf8).split(separator: "\n").map(String.init)
            #expect(lines.first == "a b|$(touch x)||*|")
            // By its name only when it is asked for: it is a descriptor's.
            #expect(lines[1] == script.string && lines[2] == script.string && lines.last == "/")
            #expect(!lines.contains("4") && lines.contains("3"))

            #expect(list("/bin/true") == nil)
            #expect(list("/bin/sh", "-c", "exit 7") == .exited(7))
            #expect(list("/bin/sleep", "300", seconds: 1) == .timedOut(seconds: 1))
            #expect(list("/nonexistent/x") == .programNotStarted(path: "/nonexistent/x", .noSuchFileOrDirectory))
            #expect(list("/etc/passwd") == .programNotStarted(path: "/etc/passwd", .permissionDenied))
            #expect(list("/etc") == .programNotStarted(path: "/etc", .permissionDenied))
            try scope.write("echo no first line\n", to: script)
            #expect(list(script.string) == .programNotStarted(path: script.string, .execFormatError))
        }
    }

    @Test("how it ended is told")
    func endings() {
        #expect(run(call("true")) == nil)
        #expect(run(call("exit 7")) == .exited(7))
        #expect(run(call("nosuchprogram 2>/dev/null")) == .exited(127))
        #expect(run(call("kill -9 $$")) == .killed(signal: SIGKILL))
    }

    @Test("a signal that losnap ignores is not ignored in the hook")
    func dispositions() async {
        // In a process of its own, for others run beside this one.
        await #expect(processExitsWith: .exitCode(42)) {
            listenToSignals()
            signal(SIGPIPE, SIG_IGN)
            let call = HookCall(moment: .after, command: "kill -PIPE $$; exit 3", seconds: 60, variables: [:])
            exit(HookRunner.shell.run(call) == .killed(signal: SIGPIPE) ? 42 : 1)
        }
    }

    @Test("nor is that of too large a file")
    func fileSizeDisposition() async {
        await #expect(processExitsWith: .exitCode(42)) {
            listenToSignals()
            signal(SIGXFSZ, SIG_IGN)
            let call = HookCall(moment: .after, command: "kill -XFSZ $$; exit 3", seconds: 60, variables: [:])
            exit(HookRunner.shell.run(call) == .killed(signal: SIGXFSZ) ? 42 : 1)
        }
    }

    @Test("a signal to losnap ends before, and losnap when after has run")
    func interrupted() async throws {
        let result = await #expect(processExitsWith: .signal(SIGTERM), observing: [\.standardErrorContent]) {
            listenToSignals()
            let hooks = Hooks(
                before: "echo before >&2; kill -TERM $PPID; sleep 300", after: "sleep 1; echo after $LOSNAP_ERROR >&2", failed: "echo no")
            let sequence = HookSequence(
                members: [.init(name: "home", image: "/i/home.img", hooks: hooks, group: nil)], surroundings: HookSurroundings(home: "/"),
                runner: .shell)
            _ = sequence.run(
                check: { () throws(SnapshotsError) in }, take: { () throws(SnapshotsError) in fatalError("nothing is to be taken") })
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.contains("[") }
        #expect(
            lines == [
                "before",
                "after the hook 'before' of home failed: it was ended, for losnap got SIGTERM; there is no snapshot",
            ], "\(text)")
    }

    @Test("at its timeout it is ended, with what it has started")
    func timeout() throws {
        try TestScope.with { scope in
            let file = scope.directory.appending("pids")
            let problem = run(call("sleep 300 & echo $! >\(file); echo $$ >>\(file); wait", seconds: 1))
            #expect(problem == .timedOut(seconds: 1))
            try expectGone(file)
        }
    }

    @Test("one that does not listen is killed; one that cleans up is let finish")
    func deaf() throws {
        try TestScope.with { scope in
            let file = scope.directory.appending("pids")
            let deaf = run(call("trap '' TERM; echo $$ >\(file); while :; do sleep 1; done", seconds: 1))
            #expect(deaf == .timedOut(seconds: 1))
            try expectGone(file)
            let tidied = scope.directory.appending("tidied")
            // The shell dies of the signal at once; its child takes a moment.
            let inner = "trap 'sleep 1; echo done >\(tidied); exit' TERM; while :; do sleep 0.1; done"
            #expect(run(call("sh -c \"\(inner)\"; true", seconds: 1)) == .timedOut(seconds: 1))
            #expect(FileManager.default.fileExists(atPath: tidied.string))
        }
    }

    @Test("what it leaves in the background is not waited for, though it holds stderr")
    func background() throws {
        try TestScope.with { scope in
            let file = scope.directory.appending("pid")
            let started = ContinuousClock.now
            #expect(run(call("sleep 120 & echo $! >\(file)", seconds: 100)) == nil)
            // It would have been two minutes, or a timeout.
            #expect(ContinuousClock.now - started < .seconds(90))
            let pid = try #require(pid_t(try String(contentsOfFile: file.string, encoding: .utf8).trimmingCharacters(in: .newlines)))
            #expect(kill(pid, 0) == 0)
            kill(pid, SIGKILL)
        }
    }

    private func expectGone(_ file: FilePath, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let pids = try String(contentsOfFile: file.string, encoding: .utf8).split(separator: "\n").compactMap { pid_t($0) }
        #expect(!pids.isEmpty, sourceLocation: sourceLocation)
        for pid in pids {
            // A process that nobody has reaped yet is gone all the same.
            let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.split(separator: " ").dropFirst(2).first
            #expect(state == nil || state == "Z", "\(pid) is still there", sourceLocation: sourceLocation)
        }
    }
}
