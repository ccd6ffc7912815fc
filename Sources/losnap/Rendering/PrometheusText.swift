// The metrics of a check in Prometheus's text format (version 0.0.4). The rule: names and labels never change their meaning; what is not known has no
// sample, rather than a number that looks like one.

import Automation
import CloneCore
import Policy
import Snapshots
import SystemPackage

/// Metrics as a file for the textfile collector.
struct PrometheusText {
    private(set) var text = ""

    init(_ report: CheckReport) {
        let facts = report.facts
        gauge("check_status", "How well it is: 0 ok, 1 warning, 2 critical, 3 unknown.", "\(report.status.number)")
        gauge("check_timestamp_seconds", "When this was checked.", Self.seconds(facts.now))
        gauge("freeze_records_left", "Filesystems that a killed losnap may have left frozen.", "\(facts.frozen.count)")
        let sources = facts.sources
        each(sources, "source_status", "How well the source is, as losnap_check_status.") { "\(report.status(of: $0).number)" }
        each(sources, "snapshots", "Complete snapshots in the catalogue.") { $0.survey.map { "\($0.snapshotCount)" } }
        each(sources, "snapshot_newest_timestamp_seconds", "When the newest snapshot was taken.") { $0.survey?.newest.map(Self.seconds) }
        each(sources, "run_last_success_timestamp_seconds", "When the schedule was last seen to.") { $0.lastSuccess.map(Self.seconds) }
        each(sources, "run_failed", "Whether the last run failed.") { $0.failure == nil ? "0" : "1" }
        each(sources, "snapshots_missing", "Snapshots whose file is not there.") { $0.survey.map { "\($0.missing.count)" } }
        each(sources, "snapshots_unavailable", "Snapshots whose pool can't be identified.") { $0.survey.map { "\($0.unavailable.count)" } }
        each(sources, "orphans", "Snapshot files that the catalogue does not list.") { $0.survey.map { "\($0.orphans.count)" } }
        family(
            "pool_used_ratio", "The share of the pool in use.", facts.pools.map { ([("pool", $0.path.string)], Self.ratio($0.usedRatio)) })
        family(
            "pool_available_bytes", "Bytes that can still be written to the pool.",
            facts.pools.map { ([("pool", $0.path.string)], "\($0.availableBytes)") })
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: String) { family(name, help, [([], value)]) }

    private mutating func each(_ sources: [SourceFacts], _ name: String, _ help: String, _ value: (SourceFacts) -> String?) {
        family(name, help, sources.compactMap { source in value(source).map { ([("source", source.name)], $0) } })
    }

    private mutating func family(_ name: String, _ help: String, _ samples: [(labels: [(name: String, value: String)], value: String)]) {
        if samples.isEmpty { return }
        text += "# HELP losnap_\(name) \(help)\n# TYPE losnap_\(name) gauge\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "losnap_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
        }
    }

    /// A label's value: any text, but for these three, and for what a terminal would obey (`--prometheus -`).
    private static func escaped(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": safe += "\\\\"
            case "\"": safe += "\\\""
            case "\n": safe += "\\n"
            case _ where EscapedText.isDangerous(scalar): safe += "\\" + EscapedText.line(String(scalar))
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    private static func seconds(_ instant: Instant) -> String { JSON.thousandths(instant.milliseconds).text }

    /// Four decimals, rounded down.
    private static func ratio(_ ratio: Double) -> String {
        let parts = String(10_000 + Int((ratio * 10_000).rounded(.down)))
        return "\(parts.first == "2" ? 1 : 0).\(parts.dropFirst())"
    }
}
