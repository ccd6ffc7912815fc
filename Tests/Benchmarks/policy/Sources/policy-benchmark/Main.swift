// Judges 1,000 to 1,000,000 snapshots and prints the time of `judge` and the greatest resident size. Each line is a process
// of its own, because a peak can't be taken back. As yardstick in the same process: sorting as many random integers.

import Foundation
import Policy

@main struct Benchmark {
    /// What is judged.
    enum Shape: String, CaseIterable {
        /// Hourly snapshots in the order of time, a usual policy: nearly all go.
        case usual
        /// Random times in random order, every rule there is, all without a limit; with labels and tags; nearly all stay, with several reasons each.
        case worst
    }

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, let shape = Shape(rawValue: arguments[1]), let count = Int(arguments[2]) {
            try measure(shape, count)
            return
        }
        print("shape   snapshots  removed     judge  per sort  resident before  peak")
        // Before the children write.
        fflush(nil)
        for shape in Shape.allCases {
            for count in [1_000, 10_000, 100_000, 1_000_000] {
                let process = try Process.run(
                    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(), arguments: [shape.rawValue, "\(count)"])
                process.waitUntilExit()
                guard process.terminationStatus == 0 else { exit(1) }
            }
        }
    }

    static func measure(_ shape: Shape, _ count: Int) throws {
        let zone = try timeZone(named: "Europe/London")
        let start: Int64 = 0
        let hour: Int64 = 3_600_000
        var keep = Keep()
        var candidates: [Candidate] = []
        candidates.reserveCapacity(count)
        switch shape {
        case .usual:
            keep.periods = [.hourly: .count(24), .daily: .count(7), .weekly: .count(4), .monthly: .count(12)]
            for index in 0..<count {
                candidates.append(Candidate(number: Int64(index), takenAt: Instant(clamping: start + Int64(index) * hour)))
            }
        case .worst:
            keep.last = .all
            for period in Period.allCases {
                keep.periods[period] = .all
                keep.withinPeriods[period] = try CalendarDuration(years: 9_999)
            }
            keep.within = try CalendarDuration(years: 9_999)
            keep.labels = ["*x*y*", "before-*"]
            keep.tags = ["nightly"]
            for index in 0..<count {
                let time = Instant(clamping: start + Int64.random(in: 0..<(Int64(count) * hour)))
                candidates.append(
                    Candidate(
                        number: Int64(index), takenAt: time, label: index % 10 == 0 ? "before-upgrade-\(index)" : nil, tags: ["daily"]))
            }
        }
        let now = Instant(clamping: start + Int64(count) * hour)
        let before = peakMiB()
        var judgement: Judgement?
        let seconds = time { judgement = judge(candidates, keep: keep, scope: .all, now: now, timeZone: zone, safetyFor: .sevenDays) }
        let peak = peakMiB()
        let numbers = (0..<count).map { _ in Int.random(in: 0...Int.max) }
        var smallest: Int?
        let sorting = time { smallest = numbers.sorted().first }
        guard let judgement, judgement.verdicts.count == count, smallest != nil else { exit(1) }
        print(
            shape.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0), column("\(count)", 10), column("\(judgement.removals)", 8),
            column(String(format: "%.4f s", seconds), 9), column(String(format: "%.1f", seconds / sorting), 9),
            column(String(format: "%.0f MiB", before), 16), String(format: "%.0f MiB", peak))
    }

    static func time(_ body: () -> Void) -> Double {
        let duration = ContinuousClock().measure(body).components
        return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
    }

    static func peakMiB() -> Double {
        var usage = rusage()
        getrusage(0 /* RUSAGE_SELF, an enum in glibc that the call does not take */, &usage)
        return Double(usage.ru_maxrss) / 1024
    }

    static func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
}
