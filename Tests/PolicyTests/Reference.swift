// The rules once more, as simply as they can be said: quadratic, with Foundation's Calendar for the buckets, no state
// that is carried from one snapshot to the next. Only the start of a window is taken from the module; WithinTests and ZoneTests look at that.

import FoundationEssentials
import FoundationInternationalization
import Policy

struct Reference {
    let scene: Scene

    /// Reasons as `spoken` has them, sorted; nil for what is removed.
    func reasons() -> [[String]?] {
        scene.candidates.map { candidate in
            guard candidate.complete, scene.scope == .all || candidate.origin == .run else { return [] }
            if isFuture(candidate) { return candidate.held ? ["future", "held"] : ["future"] }
            let all = countingReasons(candidate) + withinReasons(candidate) + otherReasons(candidate)
            return all.isEmpty && !scene.keep.isEmpty ? nil : all.sorted()
        }
    }

    private func isFuture(_ candidate: Candidate) -> Bool {
        candidate.takenAt.milliseconds - scene.now.milliseconds > 300_000
    }

    private var visible: [Candidate] {
        scene.candidates.filter { $0.complete && (scene.scope == .all || $0.origin == .run) && !isFuture($0) }
    }

    private func isNewer(_ one: Candidate, than other: Candidate) -> Bool {
        (one.takenAt.milliseconds, one.number) > (other.takenAt.milliseconds, other.number)
    }

    private func isOldest(_ candidate: Candidate) -> Bool { !visible.contains { isNewer(candidate, than: $0) } }

    private func bucket(_ candidate: Candidate, _ period: Period) -> [Int] {
        // Week numbers are ISO's, with the fields of the calendar rather than running numbers.
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = scene.zone
        let date = candidate.takenAt.date
        let fields = calendar.dateComponents([.year, .month, .day, .hour, .yearForWeekOfYear, .weekOfYear], from: date)
        let year = fields.year ?? 0
        let month = fields.month ?? 0
        let day = fields.day ?? 0
        switch period {
        case .hourly: return [year, month, day, fields.hour ?? 0, scene.zone.secondsFromGMT(for: date)]
        case .daily: return [year, month, day]
        case .weekly: return [fields.yearForWeekOfYear ?? 0, fields.weekOfYear ?? 0]
        case .monthly: return [year, month]
        case .quarterly: return [year, (month + 2) / 3]
        case .yearly: return [year]
        }
    }

    private func countingReasons(_ candidate: Candidate) -> [String] {
        let newer = visible.filter { isNewer($0, than: candidate) }
        var reasons: [String] = []
        if let last = scene.keep.last, newer.count < places(last) { reasons.append("last \(newer.count + 1)") }
        for (period, limit) in scene.keep.periods {
            let own = bucket(candidate, period)
            let newerBuckets = Set(newer.map { bucket($0, period) })
            guard newerBuckets.count < places(limit) else { continue }
            if !newerBuckets.contains(own) {
                reasons.append("\(period.rawValue) \(newerBuckets.count + 1)")
            } else if isOldest(candidate) {
                reasons.append("\(period.rawValue) \(newerBuckets.count + 1) oldest")
            }
        }
        return reasons
    }

    private func withinReasons(_ candidate: Candidate) -> [String] {
        guard let newest = visible.map(\.takenAt).max() else { return [] }
        var reasons: [String] = []
        if let within = scene.keep.within, candidate.takenAt > within.subtract(from: newest, in: scene.zone) { reasons.append("within") }
        for (period, window) in scene.keep.withinPeriods {
            guard candidate.takenAt > window.subtract(from: newest, in: scene.zone) else { continue }
            let own = bucket(candidate, period)
            if !visible.contains(where: { isNewer($0, than: candidate) && bucket($0, period) == own }) {
                reasons.append("within_\(period.rawValue)")
            } else if isOldest(candidate) {
                reasons.append("within_\(period.rawValue) oldest")
            }
        }
        return reasons
    }

    private func otherReasons(_ candidate: Candidate) -> [String] {
        var reasons: [String] = []
        if let label = candidate.label, scene.keep.labels.contains(where: { Glob($0).matches(label) }) { reasons.append("label") }
        if !Set(scene.keep.tags).isDisjoint(with: candidate.tags) { reasons.append("tag") }
        if candidate.held { reasons.append("held") }
        if let safetyFor = scene.safetyFor, candidate.origin == .safety,
            candidate.takenAt > safetyFor.subtract(from: scene.now, in: scene.zone)
        {
            reasons.append("safety")
        }
        let isLatest = !visible.contains { isNewer($0, than: candidate) }
        let isHighest = !visible.contains { $0.number > candidate.number }
        if isLatest || isHighest { reasons.append("newest") }
        return reasons
    }

    private func places(_ limit: Limit) -> Int {
        switch limit {
        case .count(let count): count
        case .all: Int.max
        }
    }
}
