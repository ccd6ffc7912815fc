// What the tests of this module are written in: times as text, snapshots as a list of times, verdicts as lists of numbers.

import FoundationEssentials
import FoundationInternationalization
import Policy

/// Reads RFC 3339, such as "2026-03-29T00:30:00Z"; a nonsense text is a test that fails far from any expected value.
func at(_ text: String) -> Instant {
    (try? Date(text, strategy: .iso8601)).map { Instant($0) } ?? .latest
}

/// Hours, minutes and the like in milliseconds.
enum Length {
    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
}

extension Instant {
    static func + (left: Instant, milliseconds: Int64) -> Instant { Instant(clamping: left.milliseconds + milliseconds) }
}

/// Snapshots of a source and what to judge them by.
struct Scene {
    var candidates: [Candidate]
    var keep = Keep()
    var scope = Scope.all
    var now: Instant
    var zone: TimeZone
    var safetyFor: CalendarDuration?

    /// Numbers 1, 2, ... in the order of the times. `now` is the last of them unless given.
    init(_ times: [Instant], zone: String = "UTC", now: Instant? = nil, keep: (inout Keep) throws -> Void) throws {
        candidates = times.enumerated().map { Candidate(number: Int64($0 + 1), takenAt: $1) }
        self.now = now ?? times.max() ?? at("2026-01-01T00:00:00Z")
        self.zone = try timeZone(named: zone)
        try keep(&self.keep)
    }

    init(_ times: [String], zone: String = "UTC", now: String? = nil, keep: (inout Keep) throws -> Void) throws {
        try self.init(times.map { at($0) }, zone: zone, now: now.map { at($0) }, keep: keep)
    }

    func judged() -> Judgement {
        judge(candidates, keep: keep, scope: scope, now: now, timeZone: zone, safetyFor: safetyFor)
    }

    /// The numbers that are not removed.
    var staying: [Int64] { numbers { !$0.isRemoval } }

    /// The numbers that a rule keeps.
    func kept(by rule: RuleName) -> [Int64] { numbers { $0.reasons.contains { $0.rule == rule } } }

    /// All reasons of one snapshot as "daily 1", "monthly 3 oldest", "held".
    func reasons(_ number: Int64) -> [String] {
        let verdicts = judged().verdicts
        return zip(candidates, verdicts).filter { $0.0.number == number }.flatMap { $0.1.reasons }.map(spoken)
    }

    private func numbers(_ matching: (Verdict) -> Bool) -> [Int64] {
        zip(candidates, judged().verdicts).filter { matching($0.1) }.map(\.0.number)
    }
}

func spoken(_ reason: Reason) -> String {
    reason.rule.rawValue + (reason.ordinal.map { " \($0)" } ?? "") + (reason.oldest ? " oldest" : "")
}

/// A duration, written as in a keep rule.
func duration(_ text: String) throws -> CalendarDuration { try CalendarDuration(parsing: text, bareM: .months) }
