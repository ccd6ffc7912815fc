// Reads Prometheus's text format strictly (version 0.0.4): every family has its HELP and TYPE before its samples, names and labels have their form, and no
// series is there twice, for a collector refuses the whole file otherwise.

import Foundation

package struct Metrics {
    private var samples: [String: Double] = [:]

    package init(_ text: String) throws {
        var family = ""
        var described: Set<String> = []
        guard text.hasSuffix("\n") else { throw FixtureError("no line feed at the end") }
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if let match = line.wholeMatch(of: /# HELP ([a-z_]+) [^\n]+/) {
                family = String(match.1)
                guard described.insert(family).inserted else { throw FixtureError("a family twice: \(line)") }
            } else if let match = line.wholeMatch(of: /# TYPE ([a-z_]+) gauge/) {
                guard match.1 == family else { throw FixtureError("TYPE without HELP: \(line)") }
            } else if let match = line.wholeMatch(of: /([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? ([0-9]+(?:\.[0-9]+)?)/) {
                guard match.1 == family, let value = Double(match.3) else { throw FixtureError("out of its family: \(line)") }
                guard samples.updateValue(value, forKey: "\(match.1)\(match.2 ?? "")") == nil else { throw FixtureError("twice: \(line)") }
            } else {
                throw FixtureError("not a line of metrics: \(line)")
            }
        }
    }

    /// The value of a metric without labels.
    package func value(_ name: String) -> Double? { samples[name] }

    /// The value of a metric with one label.
    package func value(_ name: String, _ label: String, _ text: String) -> Double? {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return samples["\(name){\(label)=\"\(escaped)\"}"]
    }
}
