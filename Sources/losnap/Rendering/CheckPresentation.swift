// What `check` shows: the text of a Nagios plugin (nagios-plugins.org/doc/guidelines.html), or an object. The rule: the first line is a whole message, and
// neither a bar nor a line feed gets into any text, for they end it there.

import Automation
import CloneCore
import Policy
import Snapshots
import SystemPackage

/// What a check came to.
struct CheckPresentation: Presentation {
    var report: CheckReport

    func text(_ context: RenderContext) -> String {
        PluginText(
            status: report.status, findings: report.findings, whenWell: whenWell, performance: PerformanceData(report).text
        ).text
    }

    private var whenWell: String {
        let sources = counted(report.facts.sources.count, "source")
        let newest = report.facts.sources.compactMap { $0.age(now: report.facts.now) }.min()
        return newest.map { "\(sources), newest \(Age.words(milliseconds: $0)) ago" } ?? "\(sources), no snapshots"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("status", .string(report.status.word)),
            ("findings", .array(report.findings.map(\.json))),
            ("sources", .array(report.facts.sources.map { $0.json(report.status(of: $0)) })),
            ("pools", .array(report.facts.pools.map(\.json))),
            ("pruning", JSON(report.facts.pruning)),
            ("left_frozen", .array(report.facts.frozen.map { .string($0.mountPoint) })),
        ]
    }
}

/// The output of a plugin.
struct PluginText {
    var status: CheckStatus
    var findings: [CheckFinding]
    /// What is said if there are no findings.
    var whenWell = ""
    /// Empty: none.
    var performance = ""

    /// One line, and one for each finding.
    var text: String {
        var first = findings.first.map(\.words) ?? whenWell
        if findings.count > 1 { first += " (and \(findings.count - 1) more)" }
        let data = performance.isEmpty ? "" : " | \(performance)"
        var lines = ["LOSNAP \(status.word.uppercased()) - \(Self.plain(first))\(data)"]
        for finding in findings {
            let hint = finding.hint.map { "; hint: \($0)" } ?? ""
            lines.append(Self.plain("\(finding.status.word.uppercased()): \(finding.words)\(hint)"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func plain(_ text: String) -> String {
        String(EscapedText.line(text).map { $0 == "|" ? "\u{A6}" : $0 })
    }
}

extension CheckFinding {
    /// What is wrong, with what it is about in front.
    fileprivate var words: String { subject.map { "\($0): \(sentence)" } ?? sentence }

    fileprivate var json: JSON {
        .object([
            ("status", .string(status.word)), ("kind", .string(kind.rawValue)), ("subject", JSON(subject)), ("message", .string(sentence)),
            ("hint", JSON(hint)),
        ])
    }
}

extension CheckStatus {
    /// The word in JSON.
    var word: String {
        switch self {
        case .ok: "ok"
        case .warning: "warning"
        case .critical: "critical"
        case .unknown: "unknown"
        }
    }

    /// The number that plugins and metrics have for it.
    var number: Int32 { ExitStatus(self).rawValue }
}

extension SourceFacts {
    fileprivate func json(_ status: CheckStatus) -> JSON {
        func numbers(_ list: [SnapshotNumber]?) -> JSON { .array((list ?? []).map { .integer($0.value) }) }
        return .object([
            ("source", .string(name)),
            ("status", .string(status.word)),
            ("registered", .bool(survey != nil)),
            ("every", .array((schedule?.schedule.texts ?? []).map { .string($0) })),
            ("max_age", JSON(maxAge?.limit.description)),
            ("snapshot_count", .integer(Int64(survey?.snapshotCount ?? 0))),
            ("newest", JSON(survey?.newest)),
            ("last_success", JSON(lastSuccess)),
            ("failed_at", JSON(failure?.at)),
            ("failed_reason", JSON(failure?.reason)),
            ("take_failures", .integer(Int64(retry?.failures.count ?? 0))),
            ("next_try", JSON(retry?.next)),
            ("missing", numbers(survey?.missing)),
            ("relocated", numbers(survey?.relocated)),
            ("unavailable", numbers(survey?.unavailable)),
            ("orphans", .array((survey?.orphans ?? []).map { JSON($0.string) })),
        ])
    }
}

extension PoolSpace {
    fileprivate var json: JSON {
        .object([
            ("path", JSON(path.string)), ("pool_type", .string(pool.type)), ("pool_uuid", .string(pool.uuid)),
            ("used_bytes", .integer(usedBytes)), ("available_bytes", .integer(availableBytes)),
        ])
    }
}
