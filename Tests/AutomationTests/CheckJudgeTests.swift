// What a check makes of facts: each finding, and the boundaries between them.

import CloneCore
import Foundation
import Policy
import SystemPackage
import Testing

@testable import Automation
@testable import Configuration
@testable import Snapshots

@Suite("Judging a check")
struct CheckJudgeTests {
    private let now: Instant
    private let hourly: CheckedSchedule

    init() throws {
        now = try Instant(parsing: "2026-11-23T12:30:00Z")
        hourly = CheckedSchedule(try Schedule(parsing: ["1h"]), zone: .gmt)
    }

    private func facts(_ source: SourceFacts? = nil) -> CheckFacts {
        var facts = CheckFacts(now: now)
        if let source { facts.sources = [source] }
        return facts
    }

    private func survey(count: Int = 1) throws -> SourceSurvey {
        let source = Source(id: .random(), name: try SourceName(parsing: "home"), imagePath: "/srv/home.img", createdAt: now)
        var survey = SourceSurvey(source: source)
        survey.snapshotCount = count
        return survey
    }

    private func numbers(_ values: ClosedRange<Int64>) throws -> [SnapshotNumber] { try values.map { try #require(SnapshotNumber($0)) } }

    /// What is found of the age alone.
    private func age(_ last: String?, _ schedule: CheckedSchedule, at time: String = "2026-11-23T12:30:00Z") throws -> [CheckFinding] {
        SourceFacts(name: "home", schedule: schedule, lastSuccess: try last.map { try Instant(parsing: $0) })
            .findings(now: try Instant(parsing: time))
    }

    @Test(
        "by whole slots that were missed",
        arguments: [
            ("2026-11-23T12:00:00.000Z", nil), ("2026-11-23T11:00:00.000Z", nil), ("2026-11-23T10:59:59.999Z", CheckStatus.warning),
            ("2026-11-23T09:00:00.000Z", .warning), ("2026-11-23T08:59:59.999Z", .critical), ("2020-01-01T00:00:00.000Z", .critical),
        ] as [(String, CheckStatus?)])
    func tooOld(last: String, status: CheckStatus?) throws {
        let found = try age(last, hourly)
        #expect(found.map(\.status) == (status.map { [$0] } ?? []))
        #expect(found.allSatisfy { $0.kind == .tooOld && $0.subject == "home" && $0.sentence.hasSuffix("due every 1h") })
    }

    @Test("the slot that begins now is still to be seen to")
    func beginning() throws {
        #expect(try age("2026-11-23T11:00:00Z", hourly, at: "2026-11-23T12:00:00Z").isEmpty)
        #expect(try age("2026-11-23T11:00:00Z", hourly, at: "2026-11-23T12:59:59.999Z").isEmpty)
        #expect(try age("2026-11-23T11:00:00Z", hourly, at: "2026-11-23T13:00:00Z").map(\.status) == [.warning])
    }

    @Test("times of day, in a zone of their own")
    func timesOfDay() throws {
        let zone = try timeZone(named: "Europe/London")
        let daily = CheckedSchedule(try Schedule(parsing: ["06:00", "18:00"]), zone: zone)
        // 06:00 in summer is 05:00Z. At 11:30Z on 1 July the slot began then; the one before at 17:00Z on 30 June.
        #expect(try age("2026-06-30T17:00:00Z", daily, at: "2026-07-01T11:30:00Z").isEmpty)
        let found = try age("2026-06-30T16:59:59Z", daily, at: "2026-07-01T11:30:00Z")
        #expect(found.map(\.status) == [.warning])
        #expect(found.first?.sentence == "the newest snapshot by schedule is 18h old, due at 06:00, 18:00")
    }

    @Test("other limits, and none")
    func limits() throws {
        var schedule = hourly
        schedule.missedWarning = nil
        #expect(try age("2026-11-23T09:00:00Z", schedule).isEmpty)
        #expect(try age("2026-11-23T08:00:00Z", schedule).map(\.status) == [.critical])
        schedule.missedCritical = nil
        #expect(try age("2020-11-23T08:00:00Z", schedule).isEmpty)
        schedule.missedWarning = 24
        #expect(try age("2026-11-22T12:00:00Z", schedule).isEmpty)
        #expect(try age("2026-11-22T11:59:59Z", schedule).map(\.status) == [.warning])
        #expect(schedule.limits(now: now).warning == (try Instant(parsing: "2026-11-22T12:00:00Z")))
    }

    @Test("never taken, and a clock that was set back")
    func never() throws {
        let never = try age(nil, hourly)
        #expect(never.map(\.status) == [.critical])
        #expect(never[0].sentence == "there is no snapshot yet, due every 1h")
        let manual = SourceFacts(name: "home", schedule: hourly, survey: try survey()).findings(now: now)
        #expect(manual.map(\.kind) == [.noSnapshot])
        #expect(manual[0].sentence.hasPrefix("the schedule has taken no snapshot yet"))
        #expect(try age("2026-11-23T12:35:00Z", hourly).isEmpty)
        let ahead = try age("2026-11-23T12:35:00.001Z", hourly)
        #expect(ahead.map(\.kind) == [.clockBehind] && ahead[0].status == .warning)
        // Without a schedule nothing is ever too old.
        #expect(SourceFacts(name: "home", survey: try survey(count: 0)).findings(now: now).isEmpty)
    }

    @Test("without a schedule, by an age: too old is a warning, three times as old is critical, and so is none at all")
    func maxAge() throws {
        func findings(_ newest: String?, _ limit: String = "2d", _ schedule: CheckedSchedule? = nil) throws -> [CheckFinding] {
            var source = SourceFacts(name: "home", schedule: schedule, survey: try survey(count: newest == nil ? 0 : 1))
            source.survey?.newest = try newest.map { try Instant(parsing: $0) }
            source.lastSuccess = schedule == nil ? nil : source.survey?.newest
            source.maxAge = CheckedAge(try CalendarDuration(parsing: limit, bareM: .minutes), zone: .gmt)
            return source.findings(now: now)
        }
        #expect(try findings("2026-11-21T12:30:00.000Z").isEmpty)
        let old = try findings("2026-11-21T12:29:59.999Z")
        #expect(old.map(\.kind) == [.tooOld] && old[0].status == .warning)
        #expect(old[0].sentence == "the newest snapshot is 2d old, and at most 2d is allowed by max-age")
        #expect(try findings("2026-11-17T12:30:00.000Z").map(\.status) == [.warning])
        #expect(try findings("2026-11-17T12:29:59.999Z").map(\.status) == [.critical])
        #expect(try findings("2027-01-01T00:00:00Z").isEmpty)
        let none = try findings(nil)
        #expect(none.map(\.kind) == [.noSnapshot] && none[0].status == .critical)
        // Months are those of the calendar.
        #expect(try findings("2026-10-23T12:30:00Z", "1mo").isEmpty)
        #expect(try findings("2026-08-23T12:30:00Z", "1mo").map(\.status) == [.warning])
        #expect(try findings("2026-08-23T12:29:59Z", "1mo").map(\.status) == [.critical])
        // Beside a schedule one of them is enough to tell.
        #expect(try findings("2026-11-01T00:00:00Z", "2d", hourly).map(\.sentence).map { $0.hasSuffix("due every 1h") } == [true])
        #expect(try findings("2026-11-23T12:00:00Z", "10m", hourly).map(\.kind) == [.tooOld])
        // What is not registered yet.
        var new = SourceFacts(name: "new")
        new.maxAge = CheckedAge(.sevenDays, zone: .gmt)
        #expect(new.findings(now: now).map(\.kind) == [.noSnapshot])
        #expect(new.limits(now: now).warning == (try Instant(parsing: "2026-11-16T12:30:00Z")))
        #expect(new.limits(now: now).critical == (try Instant(parsing: "2026-11-02T12:30:00Z")))
    }

    @Test("how often it failed, and what comes next")
    func retry() throws {
        var source = SourceFacts(name: "home", schedule: hourly, survey: try survey(), lastSuccess: now)
        source.failure = FailedRun(at: now, reason: "take: no")
        source.retry = Retry(failures: TakeFailures(count: 3, last: now), next: now.advanced(byMilliseconds: 1_200_000))
        var found = source.findings(now: now)
        #expect(found.map(\.sentence) == ["the last run failed: take: no; failed 3 times, next try in 20min"])
        #expect(found[0].status == .warning && found[0].hint == "losnap log home shows more; losnap run home tries again at once")
        source.retry?.next = nil
        found = source.findings(now: now)
        #expect(found.map(\.sentence) == ["the last run failed: take: no; failed 3 times, the next run tries again"])
        #expect(found[0].hint == "losnap log home shows more; losnap run tries again")
        // It is told with the failure, not by itself.
        source.failure = nil
        #expect(source.findings(now: now).isEmpty)
    }

    @Test("a pruning that goes on for more than three hours, by a clock that may have been set back")
    func pruning() throws {
        func findings(_ since: String) throws -> [CheckFinding] {
            var facts = facts(SourceFacts(name: "home", survey: try survey()))
            facts.pruning = PruningUnderway(pid: 7, since: try Instant(parsing: since))
            return facts.judged().findings
        }
        #expect(try findings("2026-11-23T09:30:00Z").isEmpty)
        #expect(try findings("2027-11-23T09:30:00Z").isEmpty)
        let long = try findings("2026-11-23T09:29:59.999Z")
        #expect(long.map(\.kind) == [.pruningLong] && long[0].status == .warning && long[0].subject == nil)
    }

    @Test("a run that failed is a warning, and no excuse for what is too old")
    func failed() throws {
        var source = SourceFacts(
            name: "home", schedule: hourly, survey: try survey(), lastSuccess: try Instant(parsing: "2026-11-23T12:00:00Z"))
        source.failure = FailedRun(at: now, reason: "take: no space left")
        var found = source.findings(now: now)
        #expect(found.map(\.kind) == [.runFailed] && found[0].status == .warning)
        #expect(found[0].sentence == "the last run failed: take: no space left")
        source.lastSuccess = try Instant(parsing: "2026-11-22T12:00:00Z")
        found = source.findings(now: now)
        #expect(found.map(\.kind) == [.tooOld, .runFailed])
        #expect(facts(source).judged().status == .critical)
    }

    @Test("files that are not there, or not known")
    func files() throws {
        var survey = try survey(count: 9)
        survey.missing = try numbers(1...7)
        survey.relocated = try numbers(8...8)
        survey.orphans = ["/srv/.losnap/home/a.img", "/srv/.losnap/home/b.img"]
        survey.unavailable = try numbers(9...9)
        survey.unavailability = .poolNotIdentified(path: "/srv/.losnap/home")
        let report = facts(SourceFacts(name: "home", survey: survey)).judged()
        #expect(report.findings.map(\.kind) == [.unavailable, .missing, .relocated, .orphans])
        #expect(report.findings.map(\.status) == [.critical, .critical, .warning, .warning])
        #expect(report.findings[1].sentence == "7 snapshots (1, 2, 3, 4, 5, ...) are missing")
        #expect(report.findings[0].sentence.hasPrefix("snapshot 9 can't be reached: /srv/.losnap/home"))
        #expect(report.findings[3].sentence == "2 snapshot files are not in the catalogue: /srv/.losnap/home/a.img, ...")
        #expect(report.findings.allSatisfy { $0.hint?.isEmpty == false })
        #expect(report.status(of: report.facts.sources[0]) == .critical)
    }

    @Test(
        "how full a pool is: more than the limit counts",
        arguments: [(0, nil), (850, nil), (851, CheckStatus.warning), (950, .warning), (951, .critical), (1000, .critical)]
            as [(Int64, CheckStatus?)])
    func pools(used: Int64, status: CheckStatus?) throws {
        var facts = facts(SourceFacts(name: "home", survey: try survey()))
        let pool = PoolIdentity(type: "xfs", uuid: "u")
        facts.pools = [PoolSpace(path: "/srv", pool: pool, usedBytes: used, availableBytes: 1000 - used)]
        let report = facts.judged()
        #expect(report.findings.map(\.status) == (status.map { [$0] } ?? []))
        #expect(report.findings.allSatisfy { $0.kind == .poolFull && $0.subject == "/srv" })
        facts.thresholds = ConfiguredCheck(
            warning: Setting(value: nil, position: Position(file: "", line: 1, column: 1)),
            critical: Setting(value: nil, position: Position(file: "", line: 1, column: 1)))
        #expect(facts.judged().status == .ok)
        // A btrfs without room for metadata says that nothing is available.
        #expect(PoolSpace(path: "/", pool: pool, usedBytes: 10, availableBytes: 0).usedRatio == 1)
        #expect(PoolSpace(path: "/", pool: pool, usedBytes: 0, availableBytes: 0).usedRatio == 0)
    }

    @Test("the worst comes first, and unknown hides nothing")
    func order() throws {
        var facts = facts(SourceFacts(name: "home", schedule: hourly, lastSuccess: try Instant(parsing: "2026-11-23T10:00:00Z")))
        facts.problems = [CheckFinding(.unknown, .catalogue, nil, "a", hint: nil)]
        #expect(facts.judged().findings.map(\.status) == [.warning, .unknown])
        facts.frozen = [FreezeLeft(mountPoint: "/home", device: DeviceNumber(major: 7, minor: 1))]
        let report = facts.judged()
        #expect(report.findings.map(\.kind) == [.leftFrozen, .tooOld, .catalogue])
        #expect(report.findings[0].subject == "/home" && report.findings[0].hint == "losnap thaw")
        #expect(report.status == .critical)
        facts.frozen = []
        facts.sources = []
        #expect(facts.judged().status == .unknown)
    }

    @Test("nothing to check is not well")
    func nothing() throws {
        #expect(facts().judged().findings.map(\.kind) == [.nothing])
        #expect(facts().judged().status == .unknown)
        #expect(facts(SourceFacts(name: "home", survey: try survey())).judged().status == .ok)
    }

    @Test(
        "ages in words",
        arguments: [
            (0, "0s"), (119_999, "119s"), (120_000, "2min"), (7_199_999, "119min"), (7_200_000, "2h"), (172_799_999, "47h"),
            (172_800_000, "2d"), (-5, "0s"),
        ] as [(Int64, String)])
    func ages(milliseconds: Int64, words: String) { #expect(Age.words(milliseconds: milliseconds) == words) }
}
