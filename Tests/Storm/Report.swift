// The report at the end.

import Foundation
import Synchronization

extension Ledger {
    /// Latencies, counts and violations, as text.
    func report() -> String {
        let state = state.withLock { $0 }
        var lines = ["command               count  median     p95     max  (seconds, undisturbed ones)   peak MiB"]
        for (kind, times) in state.latencies.sorted(by: { $0.key < $1.key }) {
            let sorted = times.sorted()
            func at(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] }
            let name = kind.padding(toLength: 20, withPad: " ", startingAt: 0)
            let peak = Double(state.peaks[kind] ?? 0) / 1024
            lines.append(
                name + String(format: "%7d %7.2f %7.2f %7.2f", sorted.count, at(0.5), at(0.95), sorted[sorted.count - 1])
                    + String(format: "                              %9.0f", peak))
        }
        lines.append(
            "longest write: "
                + state.longestWrites.sorted { $0.key < $1.key }.map { "\($0.key) \(String(format: "%.2f", $0.value)) s" }.joined(
                    separator: ", "))
        lines += state.counts.sorted { $0.key < $1.key }.map { "\($0.key)  \($0.value)" }
        lines.append("refused:")
        for (words, refusals) in state.refusals.sorted(by: { $0.value.count > $1.value.count }) {
            lines.append("\(refusals.count)  \(words)")
            lines.append("      \(refusals.latest)")
        }
        return lines.joined(separator: "\n")
    }

    /// The part of it that a short run prints.
    func summary() -> String {
        let state = state.withLock { $0 }
        let blows = state.counts.filter { $0.key.hasPrefix("blow") }.values.reduce(0, +)
        let verified = state.counts.filter { $0.key.hasPrefix("files verified") }.values.reduce(0, +)
        return "\(state.commands) commands, \(blows) blows, \(verified) files verified, "
            + "\(state.counts["samples examined"] ?? 0) samples examined, \(state.violations.count) violations"
    }
}
