// Simulations against pruning by hand, and forecasts against longer simulations.

import FoundationEssentials
import Testing

@testable import Policy

@Suite(.timeLimit(.minutes(15))) struct ForecastTests {
    private let utc: TimeZone
    private let hourly: Schedule
    private let standard: Keep
    private let start = at("2026-01-01T00:00:00Z")

    init() throws {
        utc = try timeZone(named: "UTC")
        hourly = try Schedule(parsing: ["1h"])
        var keep = Keep()
        keep.periods = [.hourly: .count(24), .daily: .count(7), .weekly: .count(4), .monthly: .count(12)]
        standard = keep
    }

    /// What is left when every snapshot is followed by a pruning, with `judge` and nothing else.
    private func byHand(_ keep: Keep, _ schedule: Schedule, _ zone: TimeZone, _ start: Instant, _ end: Instant) -> [Instant] {
        var scene: [Candidate] = []
        var due = schedule.next(after: start + -1, in: zone)
        var number: Int64 = 0
        while due <= end {
            number += 1
            scene.append(Candidate(number: number, takenAt: due, origin: .run))
            let judgement = judge(scene, keep: keep, scope: .run, now: due, timeZone: zone, safetyFor: .sevenDays)
            if !judgement.matchesNothing { scene = zip(scene, judgement.verdicts).filter { !$1.isRemoval }.map(\.0) }
            due = schedule.next(after: due, in: zone)
        }
        return scene.map(\.takenAt)
    }

    @Test func aSimulationIsPruningAfterEverySnapshot() throws {
        try rounds(60) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let schedule = try Schedule.random(using: &random)
            let keep = try Keep.random(using: &random)
            let start = Instant(clamping: Int64.random(in: 0...1_800_000_000_000, using: &random))
            let end = start + schedule.grid.longest * Int64.random(in: 0...200, using: &random)
            var simulation = Simulation(keep: keep, schedule: schedule, zone: zone, from: start, through: end)
            simulation.advance(to: end)
            // Not both lists in the message, which may be long.
            let isSame = simulation.judged().map(\.takenAt) == byHand(keep, schedule, zone, start, end)
            #expect(isSame, "\(schedule.texts) \(keep) \(seed)")
            #expect(simulation.taken <= Simulation.steps(schedule, from: start, through: end), seed)
        }
    }

    @Test func lookingOftenChangesNothing() throws {
        try rounds(60) { random, seed in
            let keep = try Keep.random(using: &random)
            let schedule = try Schedule.random(using: &random)
            let end = start + schedule.grid.longest * 300
            var seldom = Simulation(keep: keep, schedule: schedule, zone: utc, from: start, through: end)
            var often = seldom
            for _ in 0..<20 { often.advance(to: start + Int64.random(in: 0...(end.milliseconds - start.milliseconds), using: &random)) }
            often.advance(to: end)
            seldom.advance(to: end)
            let isSame = often.judged() == seldom.judged()
            #expect(isSame, "\(keep) \(seed)")
            #expect(often.taken == seldom.taken, seed)
        }
    }

    @Test func aForecastIsWhatALongerSimulationHas() throws {
        let now = at("2026-11-23T12:00:00Z")
        let forecast = Forecast(keep: standard, schedule: hourly, zone: utc, now: now)
        #expect(!forecast.isGrowing)
        var simulation = Simulation(keep: standard, schedule: hourly, zone: utc, from: at("2018-01-01T00:00:00Z"), through: now)
        simulation.advance(to: at("2025-11-23T12:00:00Z"))
        var counts: Set<Int> = []
        var hour = at("2025-11-23T13:00:00Z")
        while hour <= now {
            simulation.advance(to: hour)
            counts.insert(simulation.count)
            hour = hour + Length.hour
        }
        // 24 hours, 5 or 6 more days, 3 or 4 more weeks and 10 or 11 more months, as days, weeks and months may share their newest.
        #expect(counts.min() == forecast.fewest)
        #expect(counts.max() == forecast.most)
        #expect(simulation.judged() == forecast.judged)
        #expect((38...47).contains(forecast.fewest) && forecast.fewest < forecast.most && forecast.most <= 47)
    }

    @Test func forecastsAreWithinTheirOwnBounds() throws {
        try rounds(8) { random, seed in
            var keep = Keep()
            keep.periods = [
                .hourly: .count(Int.random(in: 1...48, using: &random)), .daily: .count(Int.random(in: 1...20, using: &random)),
                .monthly: .count(Int.random(in: 1...6, using: &random)),
            ]
            let schedule = try Schedule(parsing: [["2h", "6h", "1d", "1w"].randomElement(using: &random) ?? "1d"])
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let forecast = Forecast(keep: keep, schedule: schedule, zone: zone, now: at("2026-05-05T05:05:05Z"))
            let end = forecast.judged.count
            #expect(forecast.fewest <= end && end <= forecast.most, seed)
            #expect(forecast.judged.allSatisfy { !$0.verdict.isRemoval }, seed)
            // Every rule is filled: its last place is taken.
            let ordinals = forecast.judged.flatMap(\.verdict.reasons).filter { $0.rule == .monthly }.compactMap(\.ordinal)
            #expect(keep.periods[.monthly] == ordinals.max().map { .count($0) }, seed)
        }
    }

    @Test func rulesWithoutAnEndGrow() throws {
        var keep = Keep()
        keep.periods = [.yearly: .all, .daily: .count(7)]
        let forecast = Forecast(keep: keep, schedule: hourly, zone: utc, now: at("2026-11-23T12:00:00Z"))
        #expect(forecast.isGrowing)
        // The years 2016 to 2025, the very first, and a week of days, the last one of which is of 2026.
        #expect(forecast.judged.count == 18)
    }

    @Test func rulesThatNoScheduleMeetsKeepTheNewestOnly() throws {
        // Pruning is refused where several would go; but after each snapshot there is only one.
        var keep = Keep()
        keep.labels = ["before-*"]
        let forecast = Forecast(keep: keep, schedule: hourly, zone: utc, now: start)
        #expect(forecast.fewest == 1 && forecast.most == 1)
        #expect(forecast.judged.map(\.takenAt) == byHand(keep, hourly, utc, start + -10 * Length.day, start))
    }

    @Test func aPauseCostsNoHistory() throws {
        try rounds(30) { random, seed in
            let keep = try Keep.random(using: &random)
            let begin = start + Int64.random(in: 5...60, using: &random) * Length.day
            let pause = begin..<(begin + Int64.random(in: 1...400, using: &random) * Length.day)
            let end = pause.upperBound + Length.day
            var simulation = Simulation(keep: keep, schedule: hourly, zone: utc, from: start, through: end, pauses: [pause])
            simulation.advance(to: pause.lowerBound + -1)
            let before = simulation.judged().map(\.takenAt)
            let taken = simulation.taken
            simulation.advance(to: pause.upperBound + -1)
            #expect(simulation.judged().map(\.takenAt) == before, seed)
            #expect(simulation.taken == taken, seed)
            // One snapshot makes up for the whole pause, and each counting rule gives up one place for it at most.
            simulation.advance(to: pause.upperBound)
            #expect(simulation.taken == taken + 1, seed)
            if keep.within == nil && keep.withinPeriods.isEmpty {
                let rules = keep.periods.count + (keep.last == nil ? 0 : 1)
                let lost = Set(before).subtracting(simulation.judged().map(\.takenAt))
                // The snapshot that only `newest` kept goes, too.
                #expect(lost.count <= rules + 1, seed)
            }
        }
    }

    @Test func pausesThatTouchAreOne() throws {
        let pauses = [
            at("2026-01-03T00:00:00Z")..<at("2026-01-05T00:30:00Z"), at("2026-01-02T00:00:00Z")..<at("2026-01-03T00:00:00Z"),
            at("2026-01-04T00:00:00Z")..<at("2026-01-04T00:00:00Z"),
        ]
        var keep = Keep()
        keep.last = .all
        let end = at("2026-01-05T02:00:00Z")
        var simulation = Simulation(keep: keep, schedule: hourly, zone: utc, from: start, through: end, pauses: pauses)
        simulation.advance(to: end)
        #expect(simulation.taken == 27)
        #expect(simulation.judged().map(\.takenAt).suffix(3) == [at("2026-01-05T00:30:00Z"), at("2026-01-05T01:00:00Z"), end])
    }

    @Test func theEndOfTimeEndsASimulation() throws {
        let early = Instant.latest + -3 * Length.hour
        var keep = Keep()
        keep.last = .all
        var simulation = Simulation(keep: keep, schedule: hourly, zone: utc, from: early, through: .latest)
        simulation.advance(to: .latest)
        #expect((3...5).contains(simulation.taken))
        #expect(Forecast(keep: standard, schedule: hourly, zone: utc, now: .earliest).judged.count <= 1)
    }

    @Test(arguments: [
        ("2026-01-31T10:00:00Z", "1mo", "2026-02-28T10:00:00Z"), ("2024-02-29T10:00:00Z", "1y", "2025-02-28T10:00:00Z"),
        ("2026-01-01T00:00:00Z", "1y6mo", "2027-07-01T00:00:00Z"), ("2026-01-01T00:00:00Z", "2w1d12h", "2026-01-16T12:00:00Z"),
        ("2026-01-01T00:00:00Z", "9999y", "9999-12-31T23:59:59Z"),
    ])
    func goingForward(from: String, by: String, to: String) throws {
        #expect(try duration(by).add(to: at(from), in: utc).milliseconds / 1000 == at(to).milliseconds / 1000)
    }

    @Test func goingForwardFollowsTheClock() throws {
        let london = try timeZone(named: "Europe/London")
        #expect(try duration("1d").add(to: at("2026-03-28T12:00:00Z"), in: london) == at("2026-03-29T11:00:00Z"))
        #expect(try duration("24h").add(to: at("2026-03-28T12:00:00Z"), in: london) == at("2026-03-29T12:00:00Z"))
        #expect(try duration("1d").add(to: at("2026-03-28T01:30:00Z"), in: london) == at("2026-03-29T01:00:00Z"))
        try rounds(500) { random, seed in
            let zone = try timeZone(named: unequalZones.randomElement(using: &random) ?? "UTC")
            let length = try CalendarDuration.random(using: &random)
            let start = Instant(clamping: Int64.random(in: -150_000_000_000...2_200_000_000_000, using: &random))
            #expect(length.add(to: start, in: zone) > start, "\(length) \(seed)")
        }
    }
}
