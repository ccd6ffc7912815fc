// Signals while a snapshot is being taken. The rule: whatever ends losnap, nothing is frozen afterwards, and a snapshot is all there or not
// there; what a kill leaves behind is mended by the next command.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Signals", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliSignalTests {
    @Test("killed at any moment, 20 times, under a writer")
    func killed() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let writer = try scene.scope.writer(in: image.path)
            let losnap = scene.sandbox.losnap
            // How long a whole one takes tells where to aim.
            let whole = try losnap.run(["create", "home"]).elapsed
            let microseconds = UInt32(clamping: whole.components.attoseconds / 1_000_000_000_000 + whole.components.seconds * 1_000_000)
            for round in 0..<20 {
                let process = try scene.scope.start(losnap.invocation(["create", "home", "--label", "round-\(round)x"]))
                usleep(microseconds / 20 * UInt32(round) + UInt32.random(in: 0..<2000))
                process.send(SIGKILL)
                _ = process.end()
                // The guard thaws by itself, at the latest when the writer goes on.
                try writer.waitForProgress(1)
            }
            let repaired = try losnap.run(["repair"])
            #expect(repaired.succeeded, "\(repaired.stderr)")
            #expect(try losnap.run(["repair"]).stdout == "all is well\n")
            scene.expectNothingFrozen()
            let listed = try scene.listed()
            #expect(listed.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
            #expect(try scene.files().count == listed.count)
            try writer.stop()
            // Every one of them is a filesystem, with the writer's order.
            for snapshot in listed {
                let path = try #require(snapshot["path"].string)
                try Command.run("e2fsck", ["-fn", path])
            }
            try scene.create()
        }
    }

    @Test("asked to end: the freeze is undone first, and the status tells", arguments: [SIGTERM, SIGINT, SIGHUP])
    func asked(signal: Int32) throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let writer = try scene.scope.writer(in: image.path)
            for round in 0..<5 {
                let process = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home"]))
                usleep(UInt32(20_000 + round * 15_000))
                process.send(signal)
                let outcome = process.finish(within: .seconds(20))
                #expect([.exited(0), .signalled(signal), .exited(128 + signal)].contains(outcome.status), "\(outcome)")
                try writer.waitForProgress(1)
            }
            #expect(try scene.sandbox.run("repair").succeeded)
            scene.expectNothingFrozen()
            let listed = try scene.listed()
            #expect(listed.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
            #expect(try scene.files().count == listed.count)
        }
    }

    @Test("prune killed half-way is finished by the next command, and removes nothing more")
    func prune() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...6 { try scene.create() }
            let process = try scene.scope.start(scene.sandbox.losnap.invocation(["prune", "home", "--keep-last", "3"]))
            usleep(45_000)
            process.send(SIGKILL)
            _ = process.end()
            #expect(try scene.sandbox.run("repair").succeeded)
            let numbers = try scene.numbers()
            #expect(numbers.suffix(3) == [4, 5, 6])
            #expect(try scene.files().count == numbers.count)
        }
    }
}
