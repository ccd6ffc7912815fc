// The model of the freeze protocol (Tests/Models/freeze.pml), walked by spin: every interleaving of its steps with a kill at each. The rule: a model that
// finds nothing proves something only if it finds what the protocol was mended for, so each part that is taken away must break a promise.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Freeze model", .enabled(if: Command.find("spin") != nil && Command.find("cc") != nil, "needs spin and cc"), .blocking)
struct FreezeModelTests {
    /// Program and guard of one, or of two that want the same filesystem; `MOST_KILLS` and the deadline bound the larger spaces.
    static let small = ["ONE_PROGRAM WITH_MENDER", "ONE_PROGRAM WITH_STRANGER", "WITHOUT_DEADLINE"]
    /// All of it: tens of millions of states, and gigabytes.
    static let whole = ["ONE_PROGRAM WITH_MENDER WITH_STRANGER", "MOST_KILLS=2", ""]

    @Test("every interleaving keeps the promises", .timeLimit(.minutes(240)), arguments: small + (TestLength.isLong ? whole : []))
    func walked(space: String) throws {
        let walk = try Walk(space)
        #expect(walk.errors == 0, "\(walk.report)")
        #expect(walk.isComplete, "\(walk.report)")
        #expect(walk.states > 10_000, "\(walk.report)")
    }

    @Test(
        "without one of its parts a promise is broken", .timeLimit(.minutes(60)),
        arguments: [
            "REPLACES WITHOUT_DEADLINE MOST_KILLS=2", "GUARD_WITHOUT_LOCK WITHOUT_DEADLINE MOST_KILLS=1",
            "BLIND_THAW ONE_PROGRAM WITH_STRANGER", "STATE_READ_BEFORE ONE_PROGRAM WITH_STRANGER",
            "STATELESS ONE_PROGRAM WITH_MENDER WITH_STRANGER", "OLD_LOOK ONE_PROGRAM WITH_MENDER WITH_STRANGER",
        ])
    func broken(space: String) throws {
        let walk = try Walk(space)
        #expect(walk.errors == 1, "\(walk.report)")
    }
}

/// One walk through the model's states.
private struct Walk {
    let errors: Int
    let states: Int
    let report: String
    /// The walk has not been cut off for want of depth or memory.
    var isComplete: Bool { !report.contains("max search depth too small") && !report.contains("out of memory") }

    init(_ space: String) throws {
        let model = FilePath(#filePath).removingLastComponent().appending("../../Models/freeze.pml").lexicallyNormalized()
        (errors, states, report) = try TestScope.with { scope in
            let directory = try scope.freshDirectory("model")
            let definitions = space.split(separator: " ").map { "-D\($0)" }
            func run(_ command: String, _ arguments: [String]) throws -> String {
                try Command.run("sh", ["-c", "cd \"$0\" && exec \"$@\"", directory.string, command] + arguments, within: .seconds(14_000))
            }
            _ = try run("spin", ["-a"] + definitions + [model.string])
            _ = try run("cc", ["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=16000", "-o", "pan", "pan.c"])
            let report = try run("sh", ["-c", "./pan -m400000 2>&1; true"])
            func number(_ pattern: Regex<(Substring, Substring)>) throws -> Int {
                try #require(report.firstMatch(of: pattern).flatMap { Int($0.1) }, "\(report)")
            }
            return (try number(/errors: ([0-9]+)/), try number(/([0-9]+) states, stored/), report)
        }
    }
}
