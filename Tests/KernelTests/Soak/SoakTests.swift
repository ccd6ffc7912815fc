// All at once and for a while: writers, a snapshot every second, pruning beside it, and random kills. The rule: what is left at the end of each
// round is looked at with other people's tools, which know nothing of losnap. LOSNAP_TEST_SOAK=MINUTES sets how long.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Soak", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 240 : 15)))
struct SoakTests {
    /// How many rounds, and how long each is before what is left is examined (seconds).
    private static let rounds: (count: Int, seconds: Int) = {
        let minutes = ProcessInfo.processInfo.environment["LOSNAP_TEST_SOAK"].flatMap { Int($0) }
        if let minutes { return (max(minutes, 1), 60) }
        return TestLength.isLong ? (60, 60) : (2, 45)
    }()

    @Test("what survives writers, pruning and kills is whole, and nothing stays frozen")
    func soak() throws {
        try TestScope.with { scope in
            let scene = try SoakScene(scope)
            for round in 1...Self.rounds.count {
                try scene.run(seconds: Self.rounds.seconds)
                try scene.examine()
                LongRun.tell("soak: round \(round) of \(Self.rounds.count), \(scene.tally)")
            }
            try scene.finish()
            #expect(scene.tally.created > 0 && scene.tally.pruned > 0 && scene.tally.killed > 0, "\(scene.tally)")
        }
    }
}
