// What a check knows before it judges. The rule: facts only, with the thresholds that hold for each; what they mean is said in `CheckJudge.swift`.

public import CloneCore
public import Configuration
public import Foundation
public import Policy
public import Snapshots

/// When a source should have been taken, and how late is too late.
public struct CheckedSchedule: Sendable {
    /// Its schedule.
    public var schedule: Schedule
    /// The time zone of its days and hours.
    public var zone: TimeZone
    /// So many slots missed in a row are a warning; nil: never.
    public var missedWarning: Int?
    /// So many are critical; nil: never.
    public var missedCritical: Int?

    /// That schedule.
    public init(_ schedule: Schedule, zone: TimeZone, missedWarning: Int? = 1, missedCritical: Int? = 3) {
        self.schedule = schedule
        self.zone = zone
        self.missedWarning = missedWarning
        self.missedCritical = missedCritical
    }
}

/// How old the newest snapshot may be, scheduled or not.
public struct CheckedAge: Sendable {
    /// So old is a warning.
    public var limit: CalendarDuration
    /// The time zone of its days and hours.
    public var zone: TimeZone

    /// That limit.
    public init(_ limit: CalendarDuration, zone: TimeZone) {
        self.limit = limit
        self.zone = zone
    }
}

/// A run that failed.
public struct FailedRun: Sendable, Hashable {
    /// When.
    public var at: Instant
    /// Why, as the log has it.
    public var reason: String?

    /// That failure.
    public init(at: Instant, reason: String?) {
        self.at = at
        self.reason = reason
    }
}

/// What becomes of a source that could not be taken.
public struct Retry: Sendable, Hashable {
    /// How often it has failed.
    public var failures: TakeFailures
    /// Before when it is not tried again; nil: the next run does.
    public var next: Instant?

    /// Those failures.
    public init(failures: TakeFailures, next: Instant?) {
        self.failures = failures
        self.next = next
    }

    /// "failed 3 times, next try in 12min".
    func words(now: Instant) -> String {
        let wait = next.map { "next try in \(Age.words(milliseconds: $0.milliseconds - now.milliseconds))" }
        return "\(failures.words), \(wait ?? "the next run tries again")"
    }
}

/// What is known of one source.
public struct SourceFacts: Sendable {
    /// What it is called, or will be.
    public var name: String
    /// When it is due; nil: never by itself.
    public var schedule: CheckedSchedule?
    /// How old its newest snapshot may be; nil: of any age.
    public var maxAge: CheckedAge?
    /// What is there of it; nil: the catalogue does not have it.
    public var survey: SourceSurvey?
    /// When a scheduled run last succeeded: with a snapshot, or because nothing had changed.
    public var lastSuccess: Instant?
    /// The last run that failed, if nothing was done since.
    public var failure: FailedRun?
    /// How often taking it has failed since then, and when it is tried again; nil: it did not fail, or is not due.
    public var retry: Retry?

    /// Those facts.
    public init(
        name: String, schedule: CheckedSchedule? = nil, survey: SourceSurvey? = nil, lastSuccess: Instant? = nil, failure: FailedRun? = nil,
        retry: Retry? = nil
    ) {
        self.name = name
        self.schedule = schedule
        self.survey = survey
        self.lastSuccess = lastSuccess
        self.failure = failure
        self.retry = retry
    }
}

/// Everything that a check knows.
public struct CheckFacts: Sendable {
    /// The time it is.
    public var now: Instant
    /// What was left frozen.
    public var frozen: [FreezeLeft] = []
    /// What is wrong already, before anything is judged.
    public var problems: [CheckFinding] = []
    /// The sources, those of the catalogue first.
    public var sources: [SourceFacts] = []
    /// The pools that they are on.
    public var pools: [PoolSpace] = []
    /// The run that is pruning; nil: none.
    public var pruning: PruningUnderway?
    /// From when on a pool is nearly full.
    public var thresholds = ConfiguredCheck.usual

    /// No facts yet.
    public init(now: Instant) {
        self.now = now
    }
}
