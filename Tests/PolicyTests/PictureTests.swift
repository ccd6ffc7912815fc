// A policy drawn: which buckets are in a row, what is in them, and that no row is too wide.

import FoundationEssentials
import Testing

@testable import Policy

@Suite(.timeLimit(.minutes(15))) struct PictureTests {
    private func picture(_ scene: Scene, columns: Int = 50) -> PolicyPicture {
        let judged = zip(scene.candidates, scene.judged().verdicts).map { Judged(takenAt: $0.takenAt, verdict: $1) }
        return PolicyPicture(judged, keep: scene.keep, zone: scene.zone, columns: columns)
    }

    private func drawn(_ row: PolicyPicture.Row) -> String {
        let letters: [PolicyPicture.Cell: String] = [.kept: "#", .keptOtherwise: "o", .removed: "x", .empty: "."]
        return row.cells.enumerated().map { (row.breaks.contains($0) ? "|" : "") + (letters[$1] ?? "?") }.joined()
    }

    @Test func aRowHasItsBucketsAndTheirVerdicts() throws {
        // Every twelve hours from Thursday 1 January, one night missing.
        let times = (0..<12).filter { $0 != 6 }.map { at("2026-01-01T09:00:00Z") + Int64($0) * 12 * Length.hour }
        let scene = try Scene(times) {
            $0.periods[.daily] = .count(3)
            $0.periods[.weekly] = .count(2)
            $0.last = .count(1)
        }
        let picture = picture(scene)
        #expect(picture.rows.map(\.period) == [.daily, .weekly])
        // The newest of Sunday the 4th is the newest of its week; days begin a new week on Monday the 5th. A week is of the
        // quarter in which it begins.
        #expect(picture.rows.map(drawn) == ["xxx#|##", "#|#"])
        #expect(picture.rows.map(\.keptByRule) == [3, 2])
        #expect(picture.rows.map(\.from) == [at("2026-01-01T00:00:00Z"), at("2025-12-29T00:00:00Z")])
        #expect(picture.besides == [PolicyPicture.RuleCount(rule: .last, count: 1)])
        #expect(picture.newest == times.last)
    }

    @Test func whatOtherRulesKeepIsToldApart() throws {
        var scene = try Scene(["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z", "2026-01-04T09:00:00Z", "2026-01-06T09:00:00Z"]) {
            $0.periods[.daily] = .count(1)
        }
        scene.candidates[1].held = true
        #expect(picture(scene).rows.map(drawn) == ["xo.x|.#"])
        #expect(picture(scene).besides == [PolicyPicture.RuleCount(rule: .held, count: 1)])
    }

    @Test func withoutRulesForPeriodsThereAreDays() throws {
        let scene = try Scene(["2026-01-01T09:00:00Z", "2026-01-03T09:00:00Z"]) { $0.within = try duration("1d") }
        let picture = picture(scene)
        #expect(picture.rows.map(\.period) == [.daily])
        #expect(picture.rows.map(\.hasRule) == [false])
        #expect(picture.rows.map(drawn) == ["x.o"])
    }

    @Test func whatIsNotJudgedIsNotDrawn() throws {
        var scene = try Scene(
            ["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z", "2027-01-03T09:00:00Z"],
            now: "2026-01-03T09:00:00Z"
        ) { $0.periods[.daily] = .count(5) }
        scene.candidates[2].complete = false
        #expect(picture(scene).rows.map(drawn) == ["##"])
        #expect(picture(scene).besides == [PolicyPicture.RuleCount(rule: .future, count: 1)])
        scene.candidates = []
        #expect(picture(scene).rows.isEmpty)
        #expect(picture(scene).newest == nil)
    }

    @Test func anHourThatOccursTwiceIsTwoCells() throws {
        let times = (0..<4).map { at("2026-10-25T00:00:00Z") + Int64($0) * Length.hour }
        let scene = try Scene(times, zone: "Europe/London") { $0.periods[.hourly] = .count(9) }
        #expect(picture(scene).rows.map(drawn) == ["####"])
    }

    @Test func noRowIsTooWideAndNoneLosesASnapshot() throws {
        try rounds(300) { random, seed in
            var scene = try Scene.random(using: &random)
            scene.keep = try .random(using: &random)
            let columns = Int.random(in: 1...60, using: &random)
            let picture = picture(scene, columns: columns)
            for row in picture.rows {
                #expect(drawn(row).count <= columns, seed)
                #expect(!row.cells.isEmpty && row.cells.last != .empty, seed)
                #expect(row.cells.count == 1 || row.cells.first != .empty, seed)
                #expect(row.breaks.allSatisfy { (1..<row.cells.count).contains($0) }, seed)
            }
            // With room for all, there is a filled cell for each bucket that the rule filled.
            let wide = self.picture(scene, columns: 1_000_000)
            for row in wide.rows where row.period != .hourly {
                let limit = scene.keep.periods[row.period]
                let filled = row.cells.count { $0 == .kept }
                #expect(filled <= row.keptByRule && row.keptByRule <= filled + 2, "\(row.period) \(String(describing: limit)) \(seed)")
            }
        }
    }
}
