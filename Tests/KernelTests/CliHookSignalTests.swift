// Signals while hooks and snapshots are under way. The rule: after has run as often as before.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Hooks and signals", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliHookSignalTests {
    @Test("SIGTERM while before runs: it is ended, after runs, and losnap ends by the signal", arguments: [SIGTERM, SIGINT, SIGHUP])
    func signalled(signal: Int32) throws {
        try CliScene.with(image: nil) { scene in
            try scene.configureHome(
                """
                before: echo $$ >POOL/pid; echo before >>POOL/order; sleep 100
                after: sleep 1; echo "after $LOSNAP_STATUS" >>POOL/order
                failed: echo failed >>POOL/order
                """)
            let process = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home"]))
            try waitFor(scene.pool.path.appending("order"))
            process.send(signal)
            #expect(process.finish(within: .seconds(60)).status == .signalled(signal))
            #expect(try scene.order() == ["before", "after failed"])
            #expect(try scene.numbers().isEmpty)
            let pid = try String(contentsOfFile: scene.pool.path.appending("pid").string, encoding: .utf8)
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid.trimmingCharacters(in: .newlines))"))
        }
    }

    @Test("whenever a signal comes, after has run as often as before, and nothing is frozen")
    func signalledAnywhere() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.configureHome("before: echo before >>POOL/order\nafter: echo after >>POOL/order")
            let writer = try scene.scope.writer(in: image.path)
            for round in 0..<10 {
                let process = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home", "--quiet"]))
                usleep(UInt32(10_000 + round * 9000))
                process.send(SIGTERM)
                let outcome = process.finish(within: .seconds(60))
                #expect([.exited(0), .signalled(SIGTERM)].contains(outcome.status), "\(outcome)")
                try writer.waitForProgress(1)
            }
            let order = try scene.order()
            #expect(order == (0..<order.count / 2).flatMap { _ in ["before", "after"] })
            scene.expectNothingFrozen()
            let listed = try scene.listed()
            #expect(listed.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
        }
    }

    @Test("a signal during a run is in the log, and the hook after has run")
    func signalledRun() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configureHome(
                "before: touch POOL/order; sleep 100\nafter: echo after >>POOL/order\n\(CliRunTests.daily.replacing(", ", with: "\n"))")
            let process = try scene.scope.start(scene.sandbox.losnap.invocation(["run"]))
            try waitFor(scene.pool.path.appending("order"))
            process.send(SIGTERM)
            #expect(process.finish(within: .seconds(60)).status == .signalled(SIGTERM))
            #expect(try scene.order() == ["after"])
            let events = try scene.sandbox.json("log")["events"].array ?? []
            #expect(events.contains { $0["kind"] == "run_failed" && $0["reason"].string?.contains("SIGTERM") == true })
        }
    }
}
