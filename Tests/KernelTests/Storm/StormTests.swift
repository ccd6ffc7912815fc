// Many commands at once, disturbed in every way that losnap promises to survive: the program `storm` for two minutes, or for an hour in a
// long run. The rule: a violation names the seed, by which each worker tries the same again. LOSNAP_SEED=NUMBER sets it,
// LOSNAP_TEST_STORM=MINUTES the length.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Storm", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 240 : 15)))
struct StormTests {
    @Test("no promise is broken by eight workers, kills, stops, full disks and other people's freezes")
    func storm() throws {
        try TestScope.with { scope in
            let variables = ProcessInfo.processInfo.environment
            let minutes = variables["LOSNAP_TEST_STORM"].flatMap { Double($0) } ?? (TestLength.isLong ? 60 : 2)
            let seed = variables["LOSNAP_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...1_000_000)
            let directory = scope.directory.appending("storm").string
            let tool = Tool(executable: Tool.losnap.executable.removingLastComponent().appending("storm"))
            scope.atEnd("take the storm down") {
                let outcome = try tool.run([directory, "--clean"], within: .seconds(120))
                #expect(outcome.succeeded, "\(outcome)")
            }
            let process = try scope.start(
                tool.invocation([directory, Tool.losnap.executable.string, "--seed", "\(seed)", "--minutes", "\(minutes)"]))
            // It ends by itself; what hangs in it, it tells of after some minutes.
            guard let status = process.waitForEnd(within: .seconds(minutes * 60 + 600)) else {
                process.send(SIGTERM)
                Issue.record("seed \(seed): the storm does not end: \(process.finish(within: .seconds(60)).stdout.suffix(20_000))")
                return
            }
            let outcome = process.finish(within: .seconds(5))
            #expect(status == .exited(0), "seed \(seed): \(outcome.stdout.prefix(20_000))\n\(outcome.stderr)")
            LongRun.tell("storm, seed \(seed): \(outcome.stdout)")
        }
    }
}
