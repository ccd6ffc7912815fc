// From facts to findings. The rule: pure; what is found depends on the facts and the time in them alone.

import CloneCore
import Configuration
public import Policy
import Snapshots
import SystemPackage

/// What a check came to.
public struct CheckReport: Sendable {
    /// What it rests on.
    public var facts: CheckFacts
    /// What is not well: the worst first, and else in the order of the facts.
    public var findings: [CheckFinding]

    /// The worst of the findings; all is well if there are none.
    public var status: CheckStatus { findings.map(\.status).max() ?? .ok }

    /// The worst that was found of a source.
    public func status(of source: SourceFacts) -> CheckStatus {
        findings.filter { $0.subject == source.name && $0.kind.isOfSource }.map(\.status).max() ?? .ok
    }
}

extension CheckKind {
    /// Whether it is about one source.
    fileprivate var isOfSource: Bool {
        switch self {
        case .tooOld, .noSnapshot, .runFailed, .clockBehind, .missing, .relocated, .unavailable, .orphans, .configuration: true
        case .leftFrozen, .catalogue, .nothing, .matchSkipped, .pruningLong, .poolFull: false
        }
    }
}

extension CheckFacts {
    /// Judges them.
    public func judged() -> CheckReport {
        var findings = frozen.map { freeze in
            CheckFinding(
                .critical, .leftFrozen, freeze.mountPoint, "left frozen by a losnap that was killed, as its freeze record says",
                hint: "losnap thaw")
        }
        findings += problems
        for source in sources { findings += source.findings(now: now) }
        if let finding = pruning?.finding(now: now) { findings.append(finding) }
        for pool in pools {
            if let finding = finding(of: pool.usedRatio * 100, at: pool.path.string) { findings.append(finding) }
        }
        if sources.isEmpty, findings.isEmpty {
            findings.append(
                CheckFinding(
                    .unknown, .nothing, nil, "there is no source to check",
                    hint: "losnap source list shows the sources of the catalogue; check --catalogue and --config"))
        }
        let sorted = findings.enumerated().sorted { ($1.element.status, $0.offset) < ($0.element.status, $1.offset) }
        return CheckReport(facts: self, findings: sorted.map(\.element))
    }

    private func finding(of percent: Double, at path: String) -> CheckFinding? {
        let words = "\(Int(percent))% of the pool is used"
        let hint = "losnap prune --dry-run shows what the policies would remove; else delete snapshots, or enlarge the pool"
        if let limit = thresholds.poolCritical, percent > Double(limit.number) {
            return CheckFinding(.critical, .poolFull, path, "\(words), more than \(limit)", hint: hint)
        }
        guard let limit = thresholds.poolWarning, percent > Double(limit.number) else { return nil }
        return CheckFinding(.warning, .poolFull, path, "\(words), more than \(limit)", hint: hint)
    }
}

extension PruningUnderway {
    /// From when on it is told, in milliseconds: removing takes moments, thousands of large files minutes.
    static var patience: Int64 { 3 * 3_600_000 }

    fileprivate func finding(now: Instant) -> CheckFinding? {
        let age = now.milliseconds - since.milliseconds
        guard age > Self.patience else { return nil }
        return CheckFinding(
            .warning, .pruningLong, nil,
            "process \(pid) has been pruning for \(Age.words(milliseconds: age)); until it ends no other run prunes",
            hint: "losnap log shows what it removes; if it hangs: kill \(pid)")
    }
}

extension CheckedSchedule {
    /// What was last done before this instant is too old by that many missed slots: the slot of `now` is still being seen to, and so many
    /// before it were not.
    func limit(missing count: Int, now: Instant) -> Instant {
        var start = schedule.slot(at: now, in: zone)
        for _ in 0..<count { start = schedule.slot(at: start.advanced(byMilliseconds: -1), in: zone) }
        return start
    }

    /// The instants before which what was last done is too old for a warning, and for critical; nil: never.
    public func limits(now: Instant) -> (warning: Instant?, critical: Instant?) {
        (missedWarning.map { limit(missing: $0, now: now) }, missedCritical.map { limit(missing: $0, now: now) })
    }

    /// "every 1h", "at 06:00, 18:00".
    var words: String {
        let texts = schedule.texts
        return texts.allSatisfy { $0.contains(":") } ? "at \(texts.joined(separator: ", "))" : "every \(texts.joined(separator: ", "))"
    }
}

extension CheckedAge {
    /// The instants before which the newest snapshot is too old for a warning, and for critical: three times as old.
    public func limits(now: Instant) -> (warning: Instant, critical: Instant) {
        let warning = limit.subtract(from: now, in: zone)
        return (warning, limit.subtract(from: limit.subtract(from: warning, in: zone), in: zone))
    }
}

extension SourceFacts {
    /// The instants before which what ``age(now:)`` counts from is too old; nil: never.
    public func limits(now: Instant) -> (warning: Instant?, critical: Instant?) {
        if let schedule { return schedule.limits(now: now) }
        guard let maxAge else { return (nil, nil) }
        let limits = maxAge.limits(now: now)
        return (limits.warning, limits.critical)
    }

    /// How long ago the schedule was seen to, or without a schedule how old the newest snapshot is, in milliseconds; nil: never, or there is none.
    public func age(now: Instant) -> Int64? {
        let last = schedule == nil ? survey?.newest : lastSuccess
        return last.map { max(0, now.milliseconds - $0.milliseconds) }
    }

    func findings(now: Instant) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        func add(_ status: CheckStatus, _ kind: CheckKind, _ sentence: String, hint: String?) {
            findings.append(CheckFinding(status, kind, name, sentence, hint: hint))
        }
        if let schedule { addAge(schedule, now, add) }
        if let maxAge, findings.isEmpty { addAge(maxAge, now, add) }
        if let failure {
            let again = retry?.next == nil ? "losnap run tries again" : "losnap run \(name) tries again at once"
            add(
                .warning, .runFailed,
                "the last run failed" + (failure.reason.map { ": \($0)" } ?? "") + (retry.map { "; \($0.words(now: now))" } ?? ""),
                hint: survey == nil ? again : "losnap log \(name) shows more; \(again)")
        }
        if let survey { addFiles(survey, add) }
        return findings
    }

    private typealias Adding = (CheckStatus, CheckKind, String, String?) -> Void

    private func addAge(_ schedule: CheckedSchedule, _ now: Instant, _ add: Adding) {
        guard let last = lastSuccess else {
            let other = (survey?.snapshotCount ?? 0) > 0 ? "the schedule has taken no snapshot yet" : "there is no snapshot yet"
            add(
                .critical, .noSnapshot, "\(other), due \(schedule.words)", "losnap run takes it; see that cron or a timer starts losnap run"
            )
            return
        }
        if last > now.advanced(byMilliseconds: clockTolerance) {
            add(
                .warning, .clockBehind, "the newest snapshot lies in the future, so the clock is wrong or was",
                "set the clock right (date, chronyc tracking)")
            return
        }
        let limits = schedule.limits(now: now)
        let isCritical = limits.critical.map { last < $0 } ?? false
        guard isCritical || limits.warning.map({ last < $0 }) ?? false else { return }
        let age = Age.words(milliseconds: now.milliseconds - last.milliseconds)
        add(
            isCritical ? .critical : .warning, .tooOld, "the newest snapshot by schedule is \(age) old, due \(schedule.words)",
            "losnap log \(name) shows what happened; see that cron or a timer starts losnap run")
    }

    private func addAge(_ age: CheckedAge, _ now: Instant, _ add: Adding) {
        let words = "at most \(age.limit) is allowed by max-age"
        guard let newest = survey?.newest else {
            add(.critical, .noSnapshot, "there is no snapshot, and \(words)", "see to it that one is taken: losnap create \(name)")
            return
        }
        let limits = age.limits(now: now)
        guard newest < limits.warning else { return }
        let old = Age.words(milliseconds: now.milliseconds - newest.milliseconds)
        add(
            newest < limits.critical ? .critical : .warning, .tooOld, "the newest snapshot is \(old) old, and \(words)",
            "losnap log \(name) shows what happened; losnap create \(name) takes one")
    }

    private func addFiles(_ survey: SourceSurvey, _ add: Adding) {
        let mend = "losnap repair \(name)"
        if !survey.unavailable.isEmpty {
            let words = survey.unavailability.map { ": \($0.message)" } ?? ""
            add(
                .critical, .unavailable, "\(Self.list(survey.unavailable)) can't be reached\(words)",
                survey.unavailability?.hint ?? "mount the pool")
        }
        if !survey.missing.isEmpty {
            add(
                .critical, .missing, "\(Self.list(survey.missing)) \(survey.missing.count == 1 ? "is" : "are") missing",
                "\(mend) looks for what was moved; if it is gone for good: \(mend) --forget")
        }
        if !survey.relocated.isEmpty {
            add(.warning, .relocated, "\(Self.list(survey.relocated)): the file is not where the catalogue says, but near", mend)
        }
        if !survey.orphans.isEmpty {
            let count = survey.orphans.count
            let first = survey.orphans[0].string
            add(
                .warning, .orphans,
                "\(count == 1 ? "a snapshot file is" : "\(count) snapshot files are") not in the catalogue: \(first)"
                    + (count > 1 ? ", ..." : ""), "\(mend) takes in what belongs to it")
        }
    }

    /// "snapshot 7", "3 snapshots (7, 8, 9)".
    private static func list(_ numbers: [SnapshotNumber]) -> String {
        if numbers.count == 1 { return "snapshot \(numbers[0])" }
        let shown = numbers.prefix(5).map(\.description) + (numbers.count > 5 ? ["..."] : [])
        return "\(numbers.count) snapshots (\(shown.joined(separator: ", ")))"
    }
}

/// Lengths of time in the one unit that says enough.
public enum Age {
    /// "40s", "12min", "5h", "3d".
    public static func words(milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<7200: return "\(seconds / 60)min"
        case ..<172_800: return "\(seconds / 3600)h"
        default: return "\(seconds / 86400)d"
        }
    }
}
