// losnap when something runs out: descriptors, memory, the size of files. The rule: whenever that happens nothing stays frozen, a snapshot is all
// there or not there, and an error has words; only memory may end it without.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Starved", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 240 : 15)))
struct StarvedTests {
    @Test("nothing more is to be had from the n-th system call on", arguments: CallTracer.Resource.allCases)
    func fromPoint(resource: CallTracer.Resource) throws {
        try KillScene.with(.ext4) { scene in
            let plan = try KillPlan(calls: scene.tracer.calls(scene.create), turn: 0, sample: 6)
            // In a long run a point has a blow of each manner, which are all one here.
            for planned in plan.blows where !TestLength.isLong || planned.manner == .kill || !planned.fromFork {
                let what = "no more \(resource) from \(planned.place), of \(plan.total), seed \(plan.seed)"
                try scene.expectSafe(CallTracer.Blow(at: planned.point, starving: resource, fromFork: planned.fromFork), what) {
                    report, words in
                    if let end = report.ended { expectWords(end, words, mayCrash: resource == .memory, what) }
                }
            }
            LongRun.tell("starved of \(resource): every point of \(plan.total)")
        }
    }

    @Test("few from the beginning", arguments: CallTracer.Resource.allCases)
    func fromBeginning(resource: CallTracer.Resource) throws {
        let (option, limits): (String, [Int]) =
            switch resource {
            case .descriptors: ("--nofile", Array(4...90))
            case .fileSize: ("--fsize", [0, 1, 100, 512, 4095, 4096, 8192, 32768, 65536, 100_000, 200_000, 1 << 20, 63 << 20, 65 << 20])
            case .memory: ("--as", Array(stride(from: 20 << 20, through: 1200 << 20, by: 10 << 20)))
            }
        try KillScene.with(.ext4) { scene in
            let prlimit = Tool(executable: "/usr/bin/prlimit")
            var taken = 0
            for limit in TestLength.isLong ? limits : Array(limits.shuffled().prefix(6)) {
                let what = "\(option)=\(limit)"
                let outcome = try prlimit.run(
                    ["\(option)=\(limit):\(limit)", scene.sandbox.losnap.executable.string] + scene.create,
                    environment: scene.sandbox.losnap.environment)
                if outcome.succeeded { taken += 1 }
                for touch in try scene.touchAll() { _ = try touch.through(within: .seconds(5)) }
                let loaderFailed = outcome.status == .exited(127)
                if !loaderFailed { expectWords(outcome.status, outcome.stderr, mayCrash: resource == .memory, what) }
                let next = try KillScene.run(scene.sandbox, scene.create)
                #expect(next.succeeded, "\(what): the next one: \(next)")
                #expect(try scene.sandbox.run("repair").stdout == "all is well\n", "\(what)")
                #expect(scene.records.isEmpty && scene.strangers().isEmpty, "\(what)")
            }
            LongRun.tell("\(option): \(limits.count) limits, \(taken) taken")
        }
    }

    @Test("a limit to the size of files is told as such, by the catalogue and by a clone", arguments: [4096, 1 << 20])
    func fileSize(limit: Int) throws {
        try CliScene.with { scene in
            try scene.create()
            let arguments = ["--fsize=\(limit)", scene.sandbox.losnap.executable.string, "create", "home"]
            let outcome = try Tool(executable: "/usr/bin/prlimit").run(arguments, environment: scene.sandbox.losnap.environment)
            #expect(outcome.status == .exited(1), "\(outcome)")
            #expect(outcome.stderr.contains("File too large") && outcome.stderr.contains("`ulimit -f unlimited`"), "\(outcome)")
            scene.expectNothingFrozen()
            try scene.create()
        }
    }

    private func expectWords(_ end: TestSupport.ExitStatus, _ words: String, mayCrash: Bool, _ what: String) {
        switch end {
        case .exited(0): break
        case .exited(let status):
            #expect([1, 3, 64, 65, 66, 69, 73, 74, 75, 77, 78].contains(status), "\(what): \(status) \(words)")
            #expect(words.contains("losnap: error: ") && words.contains("losnap: hint: "), "\(what): \(words)")
        default: #expect(mayCrash, "\(what): \(end) \(words)")
        }
    }
}
