// Which points are struck, and how. The rule: a sample is drawn from a seed that a failure names (LOSNAP_SEED=NUMBER draws it again), and
// lies half where something is frozen; in a long run every point is met, and those where something is frozen in every manner.

import Foundation
import TestSupport

/// Points and manners for a run whose calls are known.
struct KillPlan {
    /// The points at which something may be frozen: from the first freeze to the last thaw, and the next.
    let window: Range<Int>
    let total: Int
    let seed: UInt64
    let blows: [(point: Int, manner: KillManner)]

    /// - Parameter turn: another one for each layout, so that they differ in the manners at one point.
    init(calls: [String], turn: Int, sample: Int) throws {
        guard let first = calls.firstIndex(of: "freeze"), let last = calls.lastIndex(of: "thaw") else {
            throw FixtureError("nothing was frozen")
        }
        window = first + 1..<last + 2
        total = calls.count
        seed = ProcessInfo.processInfo.environment["LOSNAP_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        let near = max(1, window.lowerBound - 20)...min(total, window.upperBound + 20)
        let manners = KillManner.allCases
        var blows: [(Int, KillManner)] = []
        if TestLength.isLong {
            for point in near { blows += manners.map { (point, $0) } }
            for point in 1...total where !near.contains(point) { blows.append((point, manners[(point + turn) % manners.count])) }
        } else {
            var random = SeededNumbers(seed)
            for index in 0..<sample {
                let point = index % 2 == 0 ? Int.random(in: near, using: &random) : Int.random(in: 1...total, using: &random)
                blows.append((point, manners[(index + turn) % manners.count]))
            }
        }
        self.blows = blows
    }

    /// The points alone, each once.
    var points: [Int] { Set(blows.map(\.point)).sorted() }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
