// A year of hourly snapshots, pruned every hour, across both changes of summer time: what a machine really does with it.

import Policy
import Testing

@Suite struct YearTests {
    @Test(arguments: ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
    func aYearOfHourlySnapshotsPrunedEveryHour(zone: String) throws {
        var scene = try Scene([Instant](), zone: zone) {
            $0.periods = [.hourly: .count(24), .daily: .count(7), .weekly: .count(4), .monthly: .count(12), .quarterly: .count(4)]
        }
        let hours: Int64 = 365 * 24
        var history: [Candidate] = []
        for hour in 0..<hours {
            let candidate = Candidate(number: hour + 1, takenAt: at("2026-01-01T00:00:00Z") + hour * Length.hour)
            scene.candidates.append(candidate)
            history.append(candidate)
            scene.now = candidate.takenAt
            let verdicts = scene.judged().verdicts
            let removed = verdicts.count { $0.isRemoval }
            scene.candidates = zip(scene.candidates, verdicts).filter { !$0.1.isRemoval }.map(\.0)
            // One comes, so each of the five rules gives up one at most: nothing is swept away, also not on the days of the changes.
            #expect(removed <= 5, "hour \(hour)")
            if hour >= 24 {
                #expect(scene.candidates.suffix(24).map(\.number) == Array((hour - 22)...(hour + 1)), "the last 24, hour \(hour)")
            }
            if hour % 499 == 0 || hour == hours - 1 {
                var once = scene
                once.candidates = history
                #expect(once.staying == scene.candidates.map(\.number), "hour \(hour)")
            }
        }
        #expect(scene.kept(by: .daily).count == 7)
        #expect(scene.kept(by: .weekly).count == 4)
        // Twelve months, and the start of the year as the oldest while there was a place; the zones west of Greenwich begin in 2025.
        #expect(scene.kept(by: .monthly).count == 12)
        #expect(scene.kept(by: .quarterly).count == 4)
        #expect(scene.candidates.count < 24 + 7 + 4 + 12 + 4)
    }

    @Test func theDoubledHourIsThereTwiceUntilADayLater() throws {
        // 25 hours from midnight to midnight in London; 24 hourly buckets hold both passes of one o'clock until the evening.
        let times = (0..<25).map { at("2026-10-24T23:00:00Z") + Int64($0) * Length.hour }
        let scene = try Scene(times, zone: "Europe/London") { $0.periods[.hourly] = .count(24) }
        #expect(scene.kept(by: .hourly) == Array(2...25))
    }
}
