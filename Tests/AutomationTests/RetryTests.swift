// For how long what failed is left alone: the waits and their edges, slots, clocks that were moved, groups, and what a failing source costs in a day.

import Foundation
import Policy
import SystemPackage
import Testing

@testable import Automation
@testable import Configuration
@testable import Snapshots

@Suite("Waiting after failures")
struct RetryTests {
    private func instant(_ text: String) throws -> Instant { try Instant(parsing: "2026-11-23T\(text)Z") }

    private func state(
        _ count: Int, last: String, now: String, _ schedule: [String] = ["1d"], zone: String = "UTC"
    ) throws -> DueState {
        DueState.due(.never).putOff(
            by: TakeFailures(count: count, last: try instant(last)), of: try Schedule(parsing: schedule), now: try instant(now),
            in: try timeZone(named: zone))
    }

    @Test(
        "twice as long after each failure, up to an hour",
        arguments: [(-1, 5), (0, 5), (1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (100, 60), (.max, 60)] as [(Int, Int64)])
    func waits(count: Int, minutes: Int64) throws {
        let failures = TakeFailures(count: count, last: try instant("10:00:00"))
        #expect(failures.wait == minutes * 60_000)
        let day = try Schedule(parsing: ["1d"])
        let end = failures.last.advanced(byMilliseconds: minutes * 60_000)
        for (early, state) in [(1, .waiting(until: end)), (0, .due(.never)), (-1, .due(.never))] as [(Int64, DueState)] {
            #expect(DueState.due(.never).putOff(by: failures, of: day, now: end.advanced(byMilliseconds: -early), in: .gmt) == state)
        }
    }

    @Test("only what is due waits, and only after a failure")
    func unaffected() throws {
        let (day, now) = (try Schedule(parsing: ["1d"]), try instant("10:00:00"))
        let later = DueState.notDue(next: .latest)
        #expect(later.putOff(by: TakeFailures(count: 1, last: now), of: day, now: now, in: .gmt) == later)
        #expect(DueState.due(.never).putOff(by: nil, of: day, now: now, in: .gmt) == .due(.never))
        let clock = DueState.due(.clockBehind(last: .latest))
        #expect(
            clock.putOff(by: TakeFailures(count: 1, last: now), of: day, now: now, in: .gmt)
                == .waiting(until: try instant("10:05:00")))
    }

    @Test("a new slot is tried at once, however often it has failed")
    func slots() throws {
        // Every five minutes nothing waits for longer than to the next slot, which is no longer than without failures.
        #expect(try state(1, last: "10:00:00", now: "10:04:59.999", ["5m"]) == .waiting(until: instant("10:05:00")))
        #expect(try state(50, last: "10:00:02", now: "10:04:59.999", ["5m"]) == .waiting(until: instant("10:05:00")))
        #expect(try state(50, last: "10:04:59.999", now: "10:05:00", ["5m"]) == .due(.never))
        #expect(try state(50, last: "10:05:00", now: "10:05:00", ["5m"]) == .waiting(until: instant("10:10:00")))
        #expect(try state(9, last: "11:30:00", now: "11:59:59.999", ["1h"]) == .waiting(until: instant("12:00:00")))
        #expect(try state(9, last: "11:30:00", now: "12:00:00", ["1h"]) == .due(.never))
        #expect(try state(9, last: "11:30:00", now: "12:00:00", ["2h"]) == .due(.never))
        #expect(try state(9, last: "10:30:00", now: "11:00:00", ["2h"]) == .waiting(until: instant("11:30:00")))
        // Times of day, by the clock of the zone: 06:00 there is 05:00Z.
        #expect(try state(9, last: "04:58:00", now: "05:00:00", ["06:00", "18:00"], zone: "Europe/Berlin") == .due(.never))
        #expect(
            try state(9, last: "05:00:00", now: "05:00:01", ["06:00", "18:00"], zone: "Europe/Berlin")
                == .waiting(until: instant("06:00:00")))
        // Nor for ever by the end of time.
        let end = DueState.due(.never).putOff(
            by: TakeFailures(count: 9, last: .latest), of: try Schedule(parsing: ["1y"]), now: .latest, in: .gmt)
        #expect(end == .due(.never))
    }

    @Test("a clock that was set back: failures of the future put nothing off")
    func clockBack() throws {
        #expect(try state(3, last: "10:00:00.001", now: "10:00:00") == .due(.never))
        #expect(try state(3, last: "10:00:00", now: "10:00:00") == .waiting(until: instant("10:20:00")))
        #expect(try state(3, last: "23:00:00", now: "10:00:00") == .due(.never))
    }

    @Test("in words")
    func words() throws {
        #expect(
            [0, 1, 2, 99, 100, 101].map { TakeFailures(count: $0, last: .earliest).words }
                == [
                    "failed once", "failed once", "failed 2 times", "failed 99 times", "failed 100 times or more",
                    "failed 100 times or more",
                ])
    }

    /// The tries of a day of a source that always fails, with a run every so many minutes.
    private func tries(_ schedule: [String], runEvery minutes: Int64, failsAfter seconds: Int64 = 2) throws -> [Instant] {
        let schedule = try Schedule(parsing: schedule)
        var tries: [Instant] = []
        var failures: TakeFailures?
        var now = try instant("00:00:00")
        let end = now.advanced(byMilliseconds: 86_400_000)
        while now < end {
            if DueState.due(.never).putOff(by: failures, of: schedule, now: now, in: .gmt).isDue {
                tries.append(now)
                failures = TakeFailures(count: tries.count, last: now.advanced(byMilliseconds: seconds * 1000))
            }
            now = now.advanced(byMilliseconds: minutes * 60_000)
        }
        return tries
    }

    @Test("a day of failures: at every slot, and rarely between them")
    func day() throws {
        // Once for each slot, as if all were well.
        #expect(try tries(["5m"], runEvery: 1).count == 288)
        #expect(try tries(["1h"], runEvery: 5).count == 24 + 3)
        let daily = try tries(["1d"], runEvery: 1)
        let minutes = daily.prefix(6).map { ($0.milliseconds - daily[0].milliseconds) / 60_000 }
        #expect(minutes == [0, 6, 17, 38, 79, 140])
        #expect(daily.count == 27)
    }

    @Test(
        "whatever the schedule: a slot's first run tries, no wait is shorter than five minutes or reaches beyond the slot",
        arguments: [["1min"], ["7min"], ["1h"], ["50min"], ["1d"], ["02:30", "14:00"], ["1w"], ["3mo"]])
    func property(words: [String]) throws {
        let schedule = try Schedule(parsing: words)
        var generator = SystemRandomNumberGenerator()
        // Around the move of the clock on 2026-10-25.
        let zone = try timeZone(named: "Europe/Berlin")
        let begin = try Instant(parsing: "2026-10-20T00:00:00Z")
        for _ in 0..<500 {
            let now = begin.advanced(byMilliseconds: .random(in: 0..<864_000_000, using: &generator))
            let last = now.advanced(byMilliseconds: .random(in: -7_200_000...600_000, using: &generator))
            let failures = TakeFailures(count: .random(in: 1...100, using: &generator), last: last)
            let state = DueState.due(.never).putOff(by: failures, of: schedule, now: now, in: zone)
            let isOfSlot = last >= schedule.slot(at: now, in: zone) && last <= now
            let hasPassed = now.milliseconds - last.milliseconds >= failures.wait
            #expect(state.isDue == (!isOfSlot || hasPassed), "\(now) \(failures)")
            guard case .waiting(let until) = state else { continue }
            #expect(until > now && until <= schedule.next(after: now, in: zone), "\(now) \(failures)")
            // That is when it is tried, and no earlier.
            #expect(DueState.due(.never).putOff(by: failures, of: schedule, now: until, in: zone).isDue, "\(now) \(failures)")
            let before = until.advanced(byMilliseconds: -1)
            #expect(!DueState.due(.never).putOff(by: failures, of: schedule, now: before, in: zone).isDue, "\(now) \(failures)")
        }
    }

    // MARK: Plans

    private func plan(_ text: String, _ known: [Source] = [], last: [String: Instant] = [:]) throws -> RunPlan {
        let configured = ConfiguredSources(
            try LosnapConfiguration(parsing: text, path: "l.yaml"), systemZone: .success(NamedZone(name: "UTC", zone: .gmt))
        ) { $0 }
        let runs = Dictionary(uniqueKeysWithValues: known.map { ($0.id, LastRun(taken: last[$0.name.text])) })
        return try configured.runPlan(.all, known: known, lastRuns: runs, now: try instant("10:20:00"))
    }

    private func source(_ name: String) throws -> Source {
        Source(id: .random(), name: try SourceName(parsing: name), imagePath: FilePath("/\(name).img"), createdAt: .earliest)
    }

    @Test("a group waits as one, until a slot of any of its images begins")
    func group() throws {
        let text = """
            sources:
              data: { image: /data.img, every: 1d, group: db }
              log: { image: /log.img, every: 1h, group: db }
              index: { image: /index.img, group: db }
              alone: { image: /alone.img, every: 1d }
            """
        let known = try ["data", "log", "index", "alone"].map(source)
        let fresh = try plan(text, known)
        func state(_ count: Int, _ last: String, isNamed: Bool = false) throws -> RunUnit {
            // The others' events may have been lost; one of them is enough.
            let failures = KnownFailures(bySource: [known[2].id: TakeFailures(count: count, last: try instant(last))])
            let plan = fresh.waiting(failures, isNamed: isNamed)
            #expect(plan.units[1].state == .due(.never) && plan.units[1].failures == nil)
            return plan.units[0]
        }
        #expect(try state(2, "10:15:00").state == .waiting(until: instant("10:25:00")))
        #expect(try state(5, "10:15:00").state == .waiting(until: instant("11:00:00")))
        // The hour has begun since then, for one of them.
        #expect(try state(5, "09:59:00").state.isDue)
        #expect(try state(5, "09:59:00").failures?.count == 5)
        let named = try state(5, "10:15:00", isNamed: true)
        #expect(try named.state.isDue && named.failures == TakeFailures(count: 5, last: instant("10:15:00")))
        // One that was seen to in this slot decides nothing but when the next one begins.
        let half = try plan(text, known, last: ["log": instant("10:01:00")])
            .waiting(KnownFailures(bySource: [known[0].id: TakeFailures(count: 5, last: try instant("10:15:00"))]), isNamed: false)
        #expect(half.units[0].state == .waiting(until: try instant("11:00:00")))
    }

    @Test("the log is asked about what is due, since its last success or a month; after a wrong clock a day")
    func since() throws {
        let text = """
            sources:
              done: { image: /done.img, every: 1d }
              due: { image: /due.img, every: 1h }
              never: { image: /never.img, every: 1h }
              clock: { image: /clock.img, every: 1h }
              new: { image: /new.img, every: 1h }
            """
        let known = try ["done", "due", "never", "clock"].map(source)
        let plan = try plan(
            text, known, last: ["done": instant("09:00:00"), "due": instant("09:00:00"), "clock": instant("23:00:00")])
        let monthAgo = plan.now.advanced(byMilliseconds: -31 * 86_400_000)
        #expect(
            try plan.dueSince == [
                known[1].id: instant("09:00:00"), known[2].id: monthAgo, known[3].id: plan.now.advanced(byMilliseconds: -86_400_000),
            ])
        // What was never taken is known by its name.
        let failures = KnownFailures(byName: [try SourceName(parsing: "new"): TakeFailures(count: 1, last: plan.now)])
        let waiting = plan.waiting(failures, isNamed: false)
        #expect(waiting.units.map(\.state.isDue) == [false, true, true, true, false])
        #expect(waiting.units[4].state == .waiting(until: try instant("10:25:00")))
    }
}
