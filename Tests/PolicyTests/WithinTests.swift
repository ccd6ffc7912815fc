// The rules that count back by a duration.

import Policy
import Testing

@Suite struct WithinTests {
    @Test func withinCountsBackFromTheNewestNotFromNow() throws {
        let scene = try Scene(["2020-01-01T00:00:00Z", "2020-01-09T00:00:00Z", "2020-01-10T00:00:00Z"], now: "2026-01-01T00:00:00Z") {
            $0.within = try duration("2d")
        }
        #expect(scene.staying == [2, 3])
        #expect(scene.reasons(2) == ["within"])
    }

    @Test func theWindowsStartIsNotInTheWindow() throws {
        let scene = try Scene(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T02:00:00Z"]) { $0.within = try duration("2h") }
        #expect(scene.staying == [2, 3])
    }

    @Test func withinDoesNotKeepTheOldest() throws {
        #expect(try Scene(["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]) { $0.within = try duration("1d") }.staying == [2])
    }

    @Test func bucketedWithinKeepsTheNewestOfEachBucketInTheWindow() throws {
        let scene = try Scene([
            "2025-12-01T08:00:00Z", "2025-12-30T08:00:00Z", "2025-12-30T09:00:00Z", "2025-12-31T08:00:00Z", "2025-12-31T09:00:00Z",
            "2026-01-01T08:00:00Z",
        ]) { $0.withinPeriods[.daily] = try duration("3d") }
        #expect(scene.staying == [3, 5, 6])
        #expect(scene.reasons(3) == ["within_daily"])
    }

    @Test func bucketedWithinKeepsTheOldestThatItsWindowHolds() throws {
        let scene = try Scene(["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z", "2026-01-02T08:00:00Z"]) {
            $0.withinPeriods[.daily] = try duration("1w")
        }
        #expect(scene.reasons(1) == ["within_daily oldest"])
        #expect(scene.reasons(2) == ["within_daily"])
    }

    @Test func bucketedWithinDoesNotKeepTheOldestOutsideItsWindow() throws {
        let scene = try Scene(["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z", "2026-01-02T08:30:00Z"]) {
            $0.withinPeriods[.daily] = try duration("1d")
        }
        #expect(scene.staying == [2, 3])
    }

    @Test(arguments: [
        ("1mo", "2026-03-15T10:00:00Z", "2026-02-15T10:00:00Z"),
        // No 31st, 30th, 29th in February: the instant at which it ends.
        ("1mo", "2026-03-31T10:00:00Z", "2026-03-01T00:00:00Z"), ("1mo", "2026-03-29T10:00:00Z", "2026-03-01T00:00:00Z"),
        ("1mo", "2026-03-28T10:00:00Z", "2026-02-28T10:00:00Z"), ("1mo", "2028-03-29T10:00:00Z", "2028-02-29T10:00:00Z"),
        ("1y", "2028-02-29T10:00:00Z", "2027-03-01T00:00:00Z"), ("13mo", "2026-01-15T10:00:00Z", "2024-12-15T10:00:00Z"),
        ("1y1mo", "2026-01-15T10:00:00Z", "2024-12-15T10:00:00Z"), ("2w3d", "2026-01-15T10:00:00Z", "2025-12-29T10:00:00Z"),
        ("1mo1d", "2026-03-31T10:00:00Z", "2026-02-28T00:00:00Z"), ("1d1h1min1s", "2026-01-02T01:01:01Z", "2026-01-01T00:00:00Z"),
        ("9999y", "2026-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    ])
    func goingBack(by text: String, from: String, gives: String) throws {
        #expect(try duration(text).subtract(from: at(from), in: timeZone(named: "UTC")) == at(gives))
        #expect(try duration(text).subtract(from: at(from).date, in: timeZone(named: "UTC")) == at(gives).date)
    }
}
