// `run` beside another losnap: one run takes at a time, a prune holds nobody up, a lock is waited for.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Run: beside others", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliRunConcurrencyTests {
    @Test("while another run is taking: status 0 and silence, or 75")
    func busy() throws {
        try CliScene.with(image: nil) { scene in
            let marker = scene.pool.path.appending("marker")
            try scene.configure(
                "sources: { home: { image: POOL/home.img, \(CliRunTests.daily), before: 'touch POOL/marker; while [ -e POOL/marker ]; do sleep 0.1; done' } }"
            )
            let first = try scene.scope.start(scene.sandbox.losnap.invocation(["run"]))
            try waitFor(marker)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.sandbox.json("run")["busy"] == true)
            let refused = try scene.sandbox.run("run", "--busy-fails")
            #expect(refused.status == .exited(75))
            #expect(refused.stderr.contains("another run is at work (process \(first.pid))"))
            unlink(marker.string)
            #expect(first.finish(within: .seconds(60)).succeeded)
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("while another run is pruning, for however long, what is due is taken; the pruning is left to that run")
    func longPrune() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure(
                "policies: { one: { keep: { last: 1 } } }\nsources: { home: { image: POOL/home.img, \(CliRunTests.daily), policy: one } }")
            expectSilence(try scene.sandbox.run("run"))
            try scene.age(days: 1)
            let catalogue = try scene.sql("SELECT id FROM meta").trimmingCharacters(in: .newlines)
            let lock = scene.sandbox.runtime.appending("lock").appending("run-prune-\(catalogue)")
            #expect(FileManager.default.fileExists(atPath: lock.string), "it is the lock of the pruning")
            let (marker, stay) = (scene.pool.path.appending("marker"), scene.pool.path.appending("stay"))
            try scene.scope.write("", to: stay)
            let holder = try scene.scope.start(
                Tool(executable: "/usr/bin/flock").invocation(
                    [lock.string, "sh", "-c", "touch \(marker); while [ -e \(stay) ]; do sleep 0.1; done"]))
            try waitFor(marker)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [1, 2])
            // It is told, and when it goes on for long, check complains.
            #expect(try scene.sandbox.json("run")["pruning_elsewhere"]["pid"].integer == Int(holder.pid))
            let plan = try scene.sandbox.run("run", "--dry-run").stdout
            #expect(plan.contains("\nprocess \(holder.pid) has been pruning since 20"), "\(plan)")
            #expect(try scene.checkFindings() == [])
            try Command.run("touch", ["-d", "4 hours ago", lock.string])
            #expect(try scene.checkFindings() == ["pruning_long"])
            let words = try scene.sandbox.run("check").stdout
            #expect(words.contains("WARNING: process \(holder.pid) has been pruning for 4h; until it ends no other run prunes"), "\(words)")
            unlink(stay.string)
            #expect(holder.finish(within: .seconds(60)).succeeded)
            #expect(try scene.checkFindings() == [])
            #expect(try scene.sandbox.json("run", "--dry-run")["pruning_elsewhere"] == .null)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [2])
        }
    }

    @Test("it waits for another losnap that works on the source for a moment")
    func waits() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, \(CliRunTests.daily) } }")
            expectSilence(try scene.sandbox.run("run"))
            try scene.age(days: 1)
            let locks = scene.sandbox.runtime.appending("lock")
            let names = try FileManager.default.contentsOfDirectory(atPath: locks.string).filter { $0.hasPrefix("directory-") }
            let lock = locks.appending(try #require(names.first))
            let marker = scene.pool.path.appending("marker")
            let holder = Tool(executable: "/usr/bin/flock").invocation([lock.string, "sh", "-c", "touch \(marker); sleep 3"])
            let process = try scene.scope.start(holder)
            try waitFor(marker)
            expectSilence(try scene.sandbox.run("run"))
            #expect(process.poll() != nil, "the lock was held while the snapshot was taken")
            #expect(try scene.numbers() == [1, 2])
        }
    }
}
