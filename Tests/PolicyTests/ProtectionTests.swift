// What stays without any keep rule: the newest, the held, the future ones, the unseen; and what counts as newer.

import Policy
import Testing

@Suite struct ProtectionTests {
    let days = (1...6).map { "2026-01-0\($0)T00:00:00Z" }

    // An empty rule set.

    @Test func noRulesRemoveNothing() throws {
        var scene = try Scene(days) { _ in }
        scene.candidates[2].held = true
        let judgement = scene.judged()
        #expect(judgement.removals == 0)
        #expect(judgement.warnings == [.noRules])
        #expect(judgement.verdicts[0] == .keep([]))
        #expect(judgement.verdicts[2] == .keep([Reason(.held)]))
        #expect(!judgement.matchesNothing)
    }

    // Newest, ties.

    @Test func newestProtectsTheLatestAndTheHighestNumber() throws {
        var scene = try Scene(days) { $0.labels = ["none"] }
        scene.candidates[3].number = 99
        #expect(scene.kept(by: .newest) == [99, 6])
        #expect(scene.staying == [99, 6])
    }

    @Test func ofEqualTimesTheHigherNumberIsNewer() throws {
        let tied = try Scene([days[0], days[0], days[0]]) { $0.periods[.daily] = .count(1) }
        #expect(tied.staying == [3])
        var turned = try Scene([days[0], days[0], days[0]]) { $0.last = .count(2) }
        turned.candidates.reverse()
        #expect(turned.staying == [3, 2])
    }

    // Future.

    @Test func fiveMinutesAheadIsNotYetTheFuture() throws {
        let scene = try Scene(["2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z"], now: "2026-01-01T00:00:00Z") { $0.last = .count(1) }
        #expect(scene.staying == [2])
        #expect(scene.judged().warnings.isEmpty)
    }

    @Test func futureOnesStayAndNoRuleSeesThem() throws {
        let scene = try Scene(
            ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:05:01Z", "2027-01-01T00:00:00Z"], now: "2026-01-02T00:00:00Z"
        ) {
            $0.last = .count(1)
            $0.within = try duration("1h")
            $0.periods[.yearly] = .count(2)
            $0.labels = ["*"]
        }
        #expect(scene.reasons(4) == ["future"])
        #expect(scene.reasons(3) == ["future"])
        // Place, anchor and newest are as if they were not there.
        #expect(scene.reasons(2) == ["last 1", "yearly 1", "within", "newest"])
        #expect(scene.reasons(1) == ["yearly 2 oldest"])
        #expect(scene.judged().warnings == [.future(numbers: [3, 4])])
    }

    @Test func onlyFutureOnesIsNotAMatchOfNothing() throws {
        let scene = try Scene(["2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"], now: "2026-01-01T00:00:00Z") { $0.last = .count(1) }
        #expect(scene.staying == [1, 2])
        #expect(!scene.judged().matchesNothing)
        #expect(scene.judged().reach.isEmpty)
    }

    // Holds.

    @Test func heldOnesStayAndTakeTheirPlace() throws {
        var scene = try Scene(days) { $0.last = .count(2) }
        scene.candidates[1].held = true
        scene.candidates[4].held = true
        #expect(scene.staying == [2, 5, 6])
        #expect(scene.reasons(5) == ["last 2", "held"])
        #expect(scene.reasons(2) == ["held"])
    }

    @Test func aHeldFutureOneHasBothReasons() throws {
        var scene = try Scene(["2027-01-01T00:00:00Z"], now: "2026-01-01T00:00:00Z") { $0.last = .count(1) }
        scene.candidates[0].held = true
        #expect(scene.reasons(1) == ["held", "future"])
    }

    // Scope, completeness.

    @Test func outOfScopeIsInvisible() throws {
        var scene = try Scene(days) { $0.last = .count(2) }
        scene.scope = .run
        for index in [0, 1, 2, 3] { scene.candidates[index].origin = .run }
        scene.candidates[4].origin = .safety
        scene.candidates[5].held = true
        #expect(scene.judged().verdicts.map(\.isRemoval) == [true, true, false, false, false, false])
        #expect(scene.judged().verdicts[4] == .outOfScope)
        #expect(scene.judged().verdicts[5] == .outOfScope)
        #expect(scene.kept(by: .newest) == [4])
    }

    @Test(arguments: [Origin.manual, .safety, .import, .adopted])
    func onlyWhatRunTookIsInItsScope(origin: Origin) throws {
        var scene = try Scene([days[0], days[1]]) { $0.last = .count(1) }
        scene.candidates[0].origin = origin
        scene.candidates[1].origin = .run
        #expect(scene.staying == [2])
        scene.scope = .run
        #expect(scene.judged().verdicts[0] == .outOfScope)
    }

    @Test func incompleteOnesAreLeftAloneAndTakeNoPlace() throws {
        var scene = try Scene(days) {
            $0.last = .count(2)
            $0.within = try duration("1d")
        }
        scene.candidates[5].complete = false
        scene.candidates[0].complete = false
        #expect(scene.judged().verdicts.first == .incomplete)
        #expect(scene.judged().verdicts.last == .incomplete)
        #expect(scene.kept(by: .last) == [4, 5])
        #expect(scene.kept(by: .within) == [5])
        #expect(scene.kept(by: .newest) == [5])
    }

    // Safety.

    @Test func youngSafetySnapshotsStayUnderConfiguredPolicies() throws {
        var scene = try Scene(days, now: "2026-01-09T00:00:00Z") { $0.last = .count(1) }
        for index in [0, 1, 2] { scene.candidates[index].origin = .safety }
        #expect(scene.staying == [6])
        scene.safetyFor = .sevenDays
        #expect(scene.staying == [3, 6])
        #expect(scene.reasons(3) == ["safety"])
    }

    @Test func safetyCountsBackFromNow() throws {
        var scene = try Scene([days[0], days[1]], now: "2026-02-01T00:00:00Z") { $0.last = .count(1) }
        scene.candidates[0].origin = .safety
        scene.safetyFor = .sevenDays
        #expect(scene.staying == [2])
    }
}
