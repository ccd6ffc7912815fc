// When a pruning that failed is over, for `check`: not with the next success of taking, which may be a month away, but when it is done, or there is
// nothing to do.

import TestSupport
import Testing

@Suite("Check: pruning that failed", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliCheckPruneTests {
    /// A source every year, of which two snapshots should go, and the failure to remove them.
    private func withFailure(_ body: (CliScene) throws -> Void) throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure(
                "policies: { one: { keep: { last: 1 }, scope: all } }\nsources: { home: { image: POOL/home.img, every: 1y, policy: one } }")
            for _ in 1...3 { try scene.create() }
            try scene.sql("UPDATE snapshot SET origin = 'run', taken_at = taken_at - 7200000")
            #expect(try scene.checkFindings() == [])
            try fail("prune: no", minutesAgo: 60, in: scene)
            #expect(try scene.checkFindings() == ["run_failed"])
            try body(scene)
        }
    }

    private func fail(_ reason: String, minutesAgo minutes: Int, in scene: CliScene) throws {
        try scene.sql(
            """
            INSERT INTO event (at, kind, source_id, source_name, reason)
            SELECT (unixepoch() - \(minutes * 60)) * 1000, 'run_failed', id, name, '\(reason)' FROM source
            """)
    }

    @Test("over when a run has pruned since")
    func pruned() throws {
        try withFailure { scene in
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.numbers() == [3])
            #expect(try scene.checkFindings() == [])
            // Also when there is something to prune again.
            try scene.create()
            #expect(try scene.checkFindings() == [])
        }
    }

    @Test("over when nothing is left to prune, by whomever; what else failed is told then")
    func nothingLeft() throws {
        try withFailure { scene in
            try fail("take: older", minutesAgo: 90, in: scene)
            #expect(try scene.sandbox.run("check").stdout.contains("the last run failed: prune: no"))
            #expect(try scene.sandbox.run("delete", "1").succeeded)
            #expect(try scene.sandbox.run("check").stdout.contains("the last run failed: prune: no"))
            #expect(try scene.sandbox.run("delete", "2").succeeded)
            #expect(try scene.sandbox.run("check").stdout.contains("the last run failed: take: older"))
            try scene.sql("DELETE FROM event WHERE reason = 'take: older'")
            #expect(try scene.checkFindings() == [])
        }
    }
}
