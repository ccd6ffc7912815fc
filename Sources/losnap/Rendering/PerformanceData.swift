// Performance data of a Nagios plugin: 'label'=value[unit];warning;critical;minimum;maximum. The rule: a label keeps its name whatever was found, so that
// its graph goes on; thresholds are those that held now.

import Automation
import CloneCore
import Configuration
import Policy
import Snapshots
import SystemPackage

/// The numbers behind the bar.
struct PerformanceData {
    private var items: [String] = []

    init(_ report: CheckReport) {
        let facts = report.facts
        for source in facts.sources {
            guard let age = source.age(now: facts.now) else { continue }
            let limits = source.limits(now: facts.now)
            func seconds(_ limit: Instant?) -> String {
                limit.map { Self.seconds(facts.now.milliseconds - $0.milliseconds) } ?? ""
            }
            add("\(source.name)_age", "\(Self.seconds(age))s", seconds(limits.warning), seconds(limits.critical), "0")
        }
        let surveys = facts.sources.compactMap(\.survey)
        if !surveys.isEmpty {
            add("missing", "\(surveys.reduce(0) { $0 + $1.missing.count })", "", "0", "0")
            add("orphans", "\(surveys.reduce(0) { $0 + $1.orphans.count })", "0", "", "0")
        }
        for pool in facts.pools {
            let tenths = Int(pool.usedRatio * 1000)
            add(
                "pool_\(pool.path.string)", "\(tenths / 10).\(tenths % 10)%", facts.thresholds.poolWarning.map { "\($0.number)" } ?? "",
                facts.thresholds.poolCritical.map { "\($0.number)" } ?? "", "0;100")
        }
    }

    /// All of it; empty if there is nothing.
    var text: String { items.joined(separator: " ") }

    private mutating func add(_ label: String, _ value: String, _ warning: String, _ critical: String, _ range: String) {
        let safe = EscapedText.line(label).map { "'=| ".contains($0) ? "_" : $0 }
        items.append("'\(String(safe))'=\(value);\(warning);\(critical);\(range)")
    }

    private static func seconds(_ milliseconds: Int64) -> String { "\(milliseconds / 1000)" }
}
