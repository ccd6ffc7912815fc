// Which points are struck, and how. The rule: a sample is drawn from a seed that a failure names (LOSNAP_SEED=NUMBER draws it again), and
// lies half where something is frozen; in a long run every point is met, and those where something is frozen in every manner.

import Foundation
import TestSupport

/// Points and manners for a run whose calls are known.
struct KillPlan {
    /// The points at which something is frozen, counted from where the guard is forked.
    let window: Range<Int>
    let total: Int
    let seed: UInt64
    let blows: [KillBlow]

    /// - Parameter turn: another one for each layout, so that they differ in the manners at one point.
    init(calls: [String], turn: Int, sample: Int) throws {
        guard let first = calls.firstIndex(of: "freeze"), let last = calls.lastIndex(of: "thaw"),
            let fork = calls[..<first].lastIndex(of: "fork")
        else { throw FixtureError("nothing was frozen") }
        window = first - fork + 1..<last - fork + 2
        total = calls.count
        seed = ProcessInfo.processInfo.environment["LOSNAP_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        let near = 1..<min(window.upperBound + 20, total - fork)
        let manners = KillManner.allCases
        var blows: [KillBlow] = []
        if TestLength.isLong {
            for point in near { blows += manners.map { KillBlow(point: point, fromFork: true, manner: $0) } }
            blows += (1...total).map { KillBlow(point: $0, fromFork: false, manner: manners[($0 + turn) % manners.count]) }
        } else {
            var random = Seeded(seed)
            for index in 0..<sample {
                let fromFork = index % 2 == 0
                let point = fromFork ? Int.random(in: near, using: &random) : Int.random(in: 1...total, using: &random)
                blows.append(KillBlow(point: point, fromFork: fromFork, manner: manners[(index + turn) % manners.count]))
            }
        }
        self.blows = blows
    }

}

/// One blow of a plan.
struct KillBlow: Sendable {
    let point: Int
    /// Counted from where the guard is forked, else from where the catalogue is opened.
    let fromFork: Bool
    let manner: KillManner

    var place: String { "point \(point)" + (fromFork ? " from the fork on" : "") }
}
