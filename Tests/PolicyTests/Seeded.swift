// Random inputs that can be had again. Every round of a random test has a seed of its own, and a failure names it:
// LOSNAP_SEED=<that number> runs just this round. LOSNAP_ROUNDS=<factor> runs that many times as many rounds.

import FoundationEssentials
import Policy
import TestSupport
import Testing

/// Runs a body with many seeds, or with the one in the environment; `check` reports the seed with a failure.
func rounds(_ count: Int, location: SourceLocation = #_sourceLocation, _ body: (inout Seeded, _ seed: Comment) throws -> Void) rethrows {
    let environment = ProcessInfo.processInfo.environment
    let wanted = environment["LOSNAP_SEED"].flatMap { UInt64($0) }
    let factor = environment["LOSNAP_ROUNDS"].flatMap { Int($0) } ?? 1
    for _ in 0..<(wanted == nil ? count * factor : 1) {
        let seed = wanted ?? UInt64.random(in: 0...UInt64.max)
        var random = Seeded(seed)
        try body(&random, "run again with LOSNAP_SEED=\(seed)")
    }
}

/// Zones that differ in how their clocks were ever moved.
let unequalZones = [
    "UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Pyongyang", "Europe/Istanbul",
    "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Kwajalein",
]

extension Scene {
    /// Up to `most` snapshots in some zone, close to each other or far apart, often beside a move of the clock.
    static func random(using random: inout Seeded, most: Int = 40, inOrder: Bool = false) throws -> Scene {
        let zone = unequalZones.randomElement(using: &random) ?? "UTC"
        // 1965 to 2040, in two thirds of the cases shortly before a move of the clock.
        var time = Int64.random(in: -150_000_000_000...2_200_000_000_000, using: &random)
        if random.chance(66),
            let change = try timeZone(named: zone).nextDaylightSavingTimeTransition(after: Instant(clamping: time).date)
        {
            time = Instant(change).milliseconds - Int64.random(in: 0...(4 * Length.day), using: &random)
        }
        let steps = [Length.minute, 20 * Length.minute, Length.hour, 8 * Length.hour, Length.day, 20 * Length.day]
        let step = steps.randomElement(using: &random) ?? Length.hour
        var scene = try Scene([Instant](), zone: zone) { _ in }
        for number in 0..<Int.random(in: 0...most, using: &random) {
            if !random.chance(10) { time += Int64.random(in: 0...(2 * step), using: &random) }
            var candidate = Candidate(number: Int64(number + 1), takenAt: Instant(clamping: time))
            candidate.held = random.chance(7)
            candidate.label = random.chance(20) ? ["a", "b", "ab"].randomElement(using: &random) : nil
            candidate.tags = random.chance(20) ? ["x", "y"].shuffled(using: &random).dropLast() : []
            candidate.origin = random.chance(70) ? .run : random.chance(50) ? .safety : .manual
            if !inOrder { candidate.complete = !random.chance(5) }
            scene.candidates.append(candidate)
        }
        scene.now = Instant(clamping: time)
        if !inOrder {
            // Now and then the clock is behind some of them, and numbers do not follow the times.
            if random.chance(30) { scene.now = Instant(clamping: time - Int64.random(in: 0...(10 * step), using: &random)) }
            if random.chance(30) {
                let numbers = scene.candidates.map(\.number).shuffled(using: &random)
                for index in scene.candidates.indices { scene.candidates[index].number = numbers[index] }
            }
            scene.candidates.shuffle(using: &random)
        }
        scene.scope = random.chance(50) ? .run : .all
        scene.safetyFor = random.chance(50) ? .sevenDays : nil
        return scene
    }
}

extension Keep {
    /// A rule or a few.
    static func random(using random: inout Seeded, rules: ClosedRange<Int> = 1...4, bucketedWithin: Bool = true) throws -> Keep {
        var keep = Keep()
        for _ in 0..<Int.random(in: rules, using: &random) { try keep.addRandomRule(using: &random, bucketedWithin: bucketedWithin) }
        return keep
    }

    /// One more rule; those that are there stay as they are.
    mutating func addRandomRule(using random: inout Seeded, bucketedWithin: Bool = true) throws {
        let limit: Limit = random.chance(10) ? .all : .count(Int.random(in: 1...8, using: &random))
        let period = Period.allCases.randomElement(using: &random) ?? .daily
        switch Int.random(in: 0...9, using: &random) {
        case 0: last = last ?? limit
        case 1...4: periods[period] = periods[period] ?? limit
        case 5: within = try within ?? .random(using: &random)
        case 6...7 where bucketedWithin: withinPeriods[period] = try withinPeriods[period] ?? .random(using: &random)
        case 6...8: labels.append(["a", "b", "*", "a*", "c"].randomElement(using: &random) ?? "a")
        default: tags.append(["x", "y", "z"].randomElement(using: &random) ?? "x")
        }
    }
}

extension CalendarDuration {
    /// From minutes to years, plain or mixed.
    static func random(using random: inout Seeded) throws -> CalendarDuration {
        let units = ["y", "mo", "w", "d", "h", "min"].filter { _ in random.chance(30) }
        let chosen = units.isEmpty ? ["d"] : units
        return try duration(chosen.map { "\(Int.random(in: 1...15, using: &random))\($0)" }.joined())
    }
}
