// What the judgement says about itself: reach, its sentence, and rules that match nothing.

import Policy
import Testing

@Suite struct ReachTests {
    let days = (1...6).map { "2026-01-0\($0)T06:00:00Z" }

    @Test func countingRulesReachToTheOldestTheyKeep() throws {
        let scene = try Scene(days) {
            $0.periods[.daily] = .count(3)
            $0.last = .count(2)
        }
        #expect(scene.judged().reach == [Reach(rule: .last, from: at(days[4])), Reach(rule: .daily, from: at(days[3]))])
    }

    @Test func withPlacesLeftTheReachIsEverything() throws {
        let reach = try Scene(days) { $0.periods[.monthly] = .count(3) }.judged().reach
        #expect(reach == [Reach(rule: .monthly, from: at(days[0]))])
    }

    @Test func withinRulesReachToTheirWindowsStart() throws {
        let reach = try Scene(days, now: "2027-01-01T00:00:00Z") {
            $0.within = try duration("1d")
            $0.withinPeriods[.weekly] = try duration("1mo")
        }.judged().reach
        #expect(reach == [Reach(rule: .within, from: at(days[4])), Reach(rule: .withinWeekly, from: at("2025-12-06T06:00:00Z"))])
    }

    @Test func theSentenceIsMadeFromTheRules() throws {
        var keep = Keep()
        #expect(keep.reachSentence == "nothing is removed")
        keep.periods = [
            .hourly: .count(24), .daily: .count(7), .weekly: .count(4), .monthly: .count(1), .quarterly: .count(8), .yearly: .all,
        ]
        #expect(
            keep.reachSentence
                == "hourly for 1 day, daily for 7 days, weekly for 4 weeks, monthly for 1 month, quarterly for 2 years, yearly for ever")
        keep.periods = [.hourly: .count(36), .quarterly: .count(3)]
        keep.last = .count(3)
        keep.within = try duration("1y6mo")
        keep.withinPeriods = [.daily: try duration("2w")]
        keep.labels = ["a*"]
        keep.tags = ["t", "u\n"]
        #expect(
            keep.reachSentence
                == "the last 3, every one within 1 year 6 months, hourly for 36 hours, quarterly for 3 quarters, daily within 2 weeks, labels like 'a*', tags 't', 'u\\u{a}'"
        )
    }

    // Rules that match nothing.

    @Test func labelsThatNobodyHasMatchNothing() throws {
        let judgement = try Scene(days) { $0.labels = ["nobody"] }.judged()
        #expect(judgement.matchesNothing)
        #expect(judgement.removals == 5)
    }

    @Test func oneMatchIsEnough() throws {
        var scene = try Scene(days) { $0.labels = ["nobody"] }
        scene.candidates[5].label = "nobody"
        #expect(!scene.judged().matchesNothing)
    }

    @Test func oneThatWouldGoIsNotYetNothing() throws {
        #expect(!(try Scene([days[0], days[1]]) { $0.tags = ["nobody"] }.judged().matchesNothing))
        #expect(try Scene([days[0], days[1], days[2]]) { $0.tags = ["nobody"] }.judged().matchesNothing)
    }

    @Test func aHoldDoesNotTurnARefusalIntoARemoval() throws {
        var scene = try Scene([days[0], days[1], days[2]]) { $0.tags = ["nobody"] }
        scene.candidates[0].held = true
        #expect(scene.judged().matchesNothing)
        scene.candidates[1].held = true
        #expect(!scene.judged().matchesNothing, "nothing would go")
    }

    @Test func warningsAreSentences() {
        #expect(PolicyWarning.future(numbers: [4]).message == "snapshot 4 was taken in the future; it is kept, and no rule counts it")
        #expect(
            PolicyWarning.future(numbers: [1, 2, 3, 4, 5, 6, 7]).message
                == "snapshots 1, 2, 3, 4, 5 and 2 more were taken in the future; they are kept, and no rule counts them")
    }
}
