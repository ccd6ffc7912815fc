// The counting rules and `last` on days that are nothing special.

import Policy
import Testing

@Suite struct CountingTests {
    @Test func lastKeepsTheNewestWhateverTheirBuckets() throws {
        let scene = try Scene(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]) { $0.last = .count(2) }
        #expect(scene.staying == [2, 3])
        #expect(scene.reasons(3) == ["last 1", "newest"])
        #expect(scene.reasons(2) == ["last 2"])
    }

    @Test func dailyKeepsTheNewestOfEachDay() throws {
        let scene = try Scene([
            "2026-01-01T08:00:00Z", "2026-01-01T20:00:00Z", "2026-01-02T08:00:00Z", "2026-01-02T20:00:00Z", "2026-01-03T08:00:00Z",
        ]) { $0.periods[.daily] = .count(2) }
        #expect(scene.kept(by: .daily) == [4, 5])
        #expect(scene.staying == [4, 5])
    }

    @Test func bucketsWithoutASnapshotTakeNoPlace() throws {
        let scene = try Scene(["2020-05-05T00:00:00Z", "2023-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]) { $0.periods[.daily] = .count(3) }
        #expect(scene.kept(by: .daily) == [1, 2, 3])
    }

    @Test func placesLeftKeepTheOldestToo() throws {
        let scene = try Scene(["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z", "2026-01-02T08:00:00Z"]) { $0.periods[.daily] = .count(3) }
        #expect(scene.reasons(1) == ["daily 3 oldest"])
        #expect(scene.reasons(2) == ["daily 2"])
    }

    @Test func noPlaceLeftDoesNotKeepTheOldest() throws {
        let scene = try Scene(["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z", "2026-01-02T08:00:00Z"]) { $0.periods[.daily] = .count(2) }
        #expect(scene.staying == [2, 3])
    }

    @Test func theOldestInABucketOfItsOwnIsAnOrdinaryOne() throws {
        let scene = try Scene(["2026-01-01T08:00:00Z", "2026-01-02T08:00:00Z"]) { $0.periods[.daily] = .count(5) }
        #expect(scene.reasons(1) == ["daily 2"])
    }

    @Test func allKeepsOneOfEachBucketAndTheOldest() throws {
        let scene = try Scene([
            "2025-12-31T01:00:00Z", "2025-12-31T02:00:00Z", "2025-12-31T03:00:00Z", "2026-01-01T01:00:00Z",
        ]) { $0.periods[.yearly] = .all }
        #expect(scene.staying == [1, 3, 4])
        #expect(scene.reasons(1) == ["yearly 3 oldest"])
    }

    @Test func lastAllKeepsEverything() throws {
        let scene = try Scene(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) { $0.last = .all }
        #expect(scene.staying == [1, 2, 3])
        #expect(scene.reasons(1) == ["last 3"])
    }

    @Test func allReasonsOfOneSnapshotAreGiven() throws {
        let scene = try Scene(["2026-01-01T00:00:00Z"]) {
            $0.last = .count(1)
            for period in Period.allCases { $0.periods[period] = .count(1) }
            $0.within = try duration("1d")
            for period in Period.allCases { $0.withinPeriods[period] = try duration("1d") }
        }
        #expect(
            scene.reasons(1) == [
                "last 1", "hourly 1", "daily 1", "weekly 1", "monthly 1", "quarterly 1", "yearly 1", "within", "within_hourly",
                "within_daily", "within_weekly", "within_monthly", "within_quarterly", "within_yearly", "newest",
            ])
    }

    @Test func rulesCountIndependentlyOfEachOther() throws {
        let scene = try Scene([
            "2026-01-29T00:00:00Z", "2026-01-30T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z",
        ]) {
            $0.periods[.daily] = .count(2)
            $0.periods[.monthly] = .count(2)
        }
        #expect(scene.kept(by: .daily) == [4, 5])
        #expect(scene.kept(by: .monthly) == [3, 5])
        #expect(scene.staying == [3, 4, 5])
    }

    @Test func aCountBelowOneMadeInCodeCountsAsOne() throws {
        let scene = try Scene(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) { $0.last = .count(-3) }
        #expect(scene.kept(by: .last) == [2])
    }

    @Test func verdictsComeInTheOrderOfTheCandidates() throws {
        var scene = try Scene([
            "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z",
        ]) { $0.last = .count(1) }
        scene.candidates[0].number = 40
        let verdicts = scene.judged().verdicts
        #expect(verdicts == [.keep([Reason(.newest)]), .keep([Reason(.last, ordinal: 1), Reason(.newest)]), .remove, .remove])
    }

    @Test func nothingToJudgeGivesNothing() throws {
        let judgement = try Scene([String]()) { $0.last = .count(1) }.judged()
        #expect(judgement == Judgement(verdicts: [], warnings: [], reach: [], matchesNothing: false))
    }
}
