// The order of hooks, and what each is told, without any process: what is run is remembered.

import CloneCore
import Configuration
import Foundation
import Glibc
import Policy
import SystemPackage
import Testing

@testable import Automation
@testable import Snapshots

@Suite("The order of hooks")
struct HookSequenceTests {
    /// What ran, and what is to fail.
    final class Script: @unchecked Sendable {
        private let lock = NSLock()
        private var list: [HookCall] = []
        private var words: [String] = []
        let failing: Set<String>

        init(failing: Set<String> = []) { self.failing = failing }

        var calls: [HookCall] { lock.withLock { list } }
        var order: [String] { lock.withLock { words } }

        func note(_ word: String) { lock.withLock { words.append(word) } }

        var runner: HookRunner {
            HookRunner { call in
                let word = "\(call.moment.rawValue) \(call.variables["LOSNAP_SOURCE"] ?? "")"
                self.lock.withLock { self.list.append(call) }
                self.note(word)
                return self.failing.contains(word) ? .exited(3) : nil
            }
        }
    }

    private func sequence(_ names: [String], _ script: Script, _ hooks: Hooks = Hooks(before: "b", after: "a", failed: "f")) throws
        -> HookSequence
    {
        HookSequence(
            members: names.map { .init(name: $0, image: FilePath("/i/\($0).img"), hooks: hooks, group: "g") },
            surroundings: HookSurroundings(home: "/root"), runner: script.runner)
    }

    private func run(_ sequence: HookSequence, _ script: Script, taking: SnapshotsError? = nil, check: SnapshotsError? = nil) -> TakeOutcome
    {
        sequence.run(
            check: { () throws(SnapshotsError) in if let check { throw check } },
            take: { () throws(SnapshotsError) in
                script.note("take")
                if let taking { throw taking }
                return CreateReport(snapshots: [], warnings: [])
            })
    }

    @Test("all is well: before in order, after in the opposite order")
    func well() throws {
        let script = Script()
        let outcome = run(try sequence(["x", "y"], script), script)
        #expect(script.order == ["before x", "before y", "take", "after y", "after x"])
        #expect(outcome.error == nil && outcome.hookFailures.isEmpty)
        #expect(script.calls[2].variables["LOSNAP_STATUS"] == "ok")
        #expect(script.calls[0].variables["LOSNAP_STATUS"] == nil)
        #expect(script.calls[0].variables["LOSNAP_HOOK"] == "before")
        #expect(script.calls[0].variables["LOSNAP_IMAGE"] == "/i/x.img")
        #expect(script.calls[0].variables["LOSNAP_GROUP"] == "g")
        #expect(script.calls[0].command == "b" && script.calls[0].seconds == 60)
    }

    @Test("one before fails: no snapshot, after for those whose turn had come, failed for all")
    func beforeFails() throws {
        let script = Script(failing: ["before y"])
        let outcome = run(try sequence(["x", "y", "z"], script), script)
        #expect(script.order == ["before x", "before y", "after y", "after x", "failed x", "failed y", "failed z"])
        let error = try #require(outcome.error as? HookFailure)
        #expect(error.moment == .before && error.source == "y" && error.problem == .exited(3) && error.category == .failed)
        let told = try #require(script.calls.last).variables
        #expect(told["LOSNAP_STATUS"] == "failed")
        #expect(told["LOSNAP_ERROR"] == "the hook 'before' of y failed: it ended with status 3; there is no snapshot")
    }

    @Test("the snapshot fails: after, then failed")
    func takingFails() throws {
        let script = Script()
        let outcome = run(try sequence(["x"], script), script, taking: .noRules(name: try SourceName(parsing: "x")))
        #expect(script.order == ["before x", "take", "after x", "failed x"])
        #expect(outcome.error != nil && outcome.hookFailures.isEmpty)
    }

    @Test("what shows at once runs nothing but failed")
    func checkFails() throws {
        let script = Script()
        let outcome = run(try sequence(["x"], script), script, check: .noRules(name: try SourceName(parsing: "x")))
        #expect(script.order == ["failed x"])
        #expect(outcome.error != nil)
    }

    @Test("after fails: the snapshot stands, and failed hears of it")
    func afterFails() throws {
        let script = Script(failing: ["after x", "failed x"])
        let outcome = run(try sequence(["x", "y"], script), script)
        #expect(script.order == ["before x", "before y", "take", "after y", "after x", "failed x"])
        #expect(outcome.error == nil)
        #expect(outcome.hookFailures.map(\.moment) == [.after, .failed])
        #expect(outcome.hookFailures.allSatisfy { $0.snapshotStands && $0.category == .partial })
        #expect(script.calls.last?.variables["LOSNAP_STATUS"] == "failed")
    }

    @Test("without before, after still runs when the taking was begun")
    func withoutBefore() throws {
        let script = Script()
        _ = run(try sequence(["x"], script, Hooks(after: "a")), script, taking: .noRules(name: try SourceName(parsing: "x")))
        #expect(script.order == ["take", "after x"])
    }

    @Test("a signal between two: what was begun is put back, nothing new is begun")
    func signal() async throws {
        let result = await #expect(processExitsWith: .signal(SIGINT), observing: [\.standardErrorContent]) {
            listenToSignals()
            let runner = HookRunner { call in
                let source = call.variables["LOSNAP_SOURCE"] ?? ""
                print("hook \(call.moment) \(source) \(call.variables["LOSNAP_ERROR"] ?? "")", to: &Complaints.stream)
                if call.moment == .before, source == "x" { raise(SIGINT) }
                return nil
            }
            let members = ["x", "y"].map {
                HookSequence.Member(
                    name: $0, image: FilePath("/i/\($0).img"), hooks: Hooks(before: "b", after: "a", failed: "f"), group: nil)
            }
            _ = HookSequence(members: members, surroundings: HookSurroundings(home: "/"), runner: runner).run(
                check: { () throws(SnapshotsError) in }, take: { () throws(SnapshotsError) in fatalError("nothing is to be taken") })
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("hook") }
        #expect(lines == ["hook before x ", "hook after x interrupted by SIGINT before anything was done"])
    }
}

/// The test library runs bodies on threads that block signals.
func listenToSignals() {
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
}

/// Standard error, at once.
private struct Complaints: TextOutputStream {
    nonisolated(unsafe) static var stream = Complaints()

    func write(_ text: String) { _ = text.withCString { Glibc.write(2, $0, strlen($0)) } }
}
