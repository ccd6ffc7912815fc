// From a configuration and the sources of a catalogue to what a run has to do. Images are empty files: nobody opens them here.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Automation
@testable import Configuration
@testable import Snapshots

@Suite("The plan of a run")
struct RunPlanTests {
    private struct Scene {
        let directory: FilePath
        let now: Instant
        let hourAgo: Instant

        /// Makes files with these names.
        func images(_ names: String...) throws {
            for name in names { _ = FileManager.default.createFile(atPath: directory.appending(name).string, contents: Data([1])) }
        }

        func source(_ name: String, _ image: String) throws -> Source {
            Source(id: .random(), name: try SourceName(parsing: name), imagePath: directory.appending(image), createdAt: .earliest)
        }

        func configured(_ text: String) throws -> ConfiguredSources {
            let configuration = try LosnapConfiguration(
                parsing: text.replacing("DIR", with: directory.string), path: "losnap.yaml")
            return ConfiguredSources(configuration, systemZone: .success(NamedZone(name: "UTC", zone: .gmt))) { $0 }
        }

        func plan(_ text: String, _ known: [Source] = [], last: [String: Instant] = [:], _ selection: RunSelection = .all) throws -> RunPlan
        {
            var runs: [Identifier: LastRun] = [:]
            for source in known { if let taken = last[source.name.text] { runs[source.id] = LastRun(taken: taken) } }
            return try configured(text).runPlan(selection, known: known, lastRuns: runs, now: now)
        }
    }

    private func with(_ body: (Scene) throws -> Void) throws {
        try TestScope.with { scope in
            let date = try Date("2026-11-23T07:30:00Z", strategy: .iso8601)
            try body(Scene(directory: scope.directory, now: Instant(date), hourAgo: Instant(date.addingTimeInterval(-3600))))
        }
    }

    @Test("only what has a schedule, in the order of the file")
    func order() throws {
        try with { scene in
            let plan = try scene.plan(
                "sources:\n  b: { image: DIR/b.img, every: 1h }\n  a: { image: DIR/a.img, every: 1d }\n  c: { image: DIR/c.img }\n")
            #expect(plan.units.map(\.subject) == ["b", "a"])
            #expect(plan.units.allSatisfy { $0.state == .due(.never) && $0.targets[0].source == nil })
            #expect(plan.failures.isEmpty)
        }
    }

    @Test("a pattern is one source for each regular file, but for those with entries of their own, or an earlier pattern")
    func patterns() throws {
        try with { scene in
            try scene.images("vm2.img", "vm1.img", "own.img", "vm3.raw", ".hidden.img")
            try FileManager.default.createDirectory(atPath: scene.directory.appending("dir.img").string, withIntermediateDirectories: false)
            symlink("vm1.img", scene.directory.appending("link.img").string)
            let plan = try scene.plan(
                """
                sources:
                  vms: { image: DIR/vm*.img, every: 1h }
                  rest: { image: DIR/*.img, every: 1d }
                  mine: { image: DIR/own.img, every: 1w }
                """)
            #expect(plan.units.map(\.subject) == ["mine", "vm1", "vm2"])
        }
    }

    @Test("a pattern has a thousand images at most: those that are sources stay, and those with entries of their own come first")
    func tooMany() throws {
        try with { scene in
            for number in 0...SkippedMatches.mostImages + 4 { try scene.images("vm\(number).img") }
            try scene.images("own.img")
            let last = try scene.source("vm999", "vm999.img")
            let plan = try scene.plan(
                """
                sources:
                  vms: { image: DIR/vm*.img, every: 1h }
                  mine: { image: DIR/own.img, every: 1w }
                """, [last])
            #expect(plan.units.map(\.subject).prefix(2) == ["mine", "vm999"])
            #expect(plan.units.count == SkippedMatches.mostImages + 1)
            #expect(plan.skipped.map(\.beyond) == [5])
        }
    }

    @Test("an image of a pattern keeps the name that its source has; a new one that can't have its name is a failure of its own")
    func names() throws {
        try with { scene in
            try scene.images("a.img", "a.raw", "b c.img", "d.img", "taken.img")
            let known = try scene.source("delta", "d.img")
            let other = try scene.source("taken", "elsewhere.img")
            let plan = try scene.plan("sources: { all: { image: DIR/*, every: 1h } }", [known, other], last: ["delta": scene.hourAgo])
            #expect(plan.units.map(\.subject) == ["a", "delta"])
            #expect(plan.units[1].targets[0].source == known && plan.units[1].state.isDue)
            #expect(plan.failures.map(\.subject) == ["a.raw", "b c.img", "taken.img"].map { "all: \(scene.directory)/\($0)" })
            #expect(plan.failures.map(\.error.code) == ["source_name_taken", "no_name_from_image", "source_name_taken"])
        }
    }

    @Test("a directory of a pattern that is not there is told, and stops nothing else")
    func noDirectory() throws {
        try with { scene in
            let plan = try scene.plan(
                "sources:\n  vms: { image: DIR/nowhere/*.img, every: 1h }\n  a: { image: DIR/a.img, every: 1h }\n")
            #expect(plan.units.map(\.subject) == ["a"])
            #expect(plan.failures.map(\.subject) == ["vms"])
            #expect(plan.failures.map(\.error.code) == ["no_such_file"])
        }
    }

    @Test("a pattern that matches nothing any more is told; one that never did is not")
    func noImages() throws {
        try with { scene in
            let text = "sources: { vms: { image: DIR/*.raw, every: 1h } }"
            #expect(try scene.plan(text).failures.isEmpty)
            let plan = try scene.plan(text, [scene.source("gone", "gone.raw"), scene.source("other", "other.img")])
            #expect(plan.failures.map(\.error.code) == ["no_images"] && plan.units.isEmpty)
            #expect(try scene.plan(text, [scene.source("other", "other.img")]).failures.isEmpty)
        }
    }

    @Test("a group of which not all images can be found is not taken in part")
    func brokenGroup() throws {
        try with { scene in
            let plan = try scene.plan(
                """
                sources:
                  data: { image: DIR/data.img, every: 1h, group: db }
                  logs: { image: DIR/nowhere/*.img, group: db }
                  alone: { image: DIR/alone.img, every: 1h }
                """)
            #expect(plan.units.map(\.subject) == ["alone"])
            #expect(plan.failures.map(\.subject) == ["logs (group db)"])
        }
    }

    @Test("name and image must agree with the catalogue")
    func contradiction() throws {
        try with { scene in
            let text = "sources: { home: { image: DIR/home.img, every: 1h } }"
            for source in [try scene.source("home", "old.img"), try scene.source("other", "home.img")] {
                let plan = try scene.plan(text, [source])
                #expect(plan.units.map { $0.targets[0].problem?.code } == ["configured_otherwise"])
            }
            let right = try scene.source("home", "home.img")
            let plan = try scene.plan(text, [right], last: ["home": scene.now])
            #expect(plan.units[0].targets[0].problem == nil)
            #expect(!plan.units[0].state.isDue)
        }
    }

    @Test("a group is one unit, due as soon as one of its images is, with those that have no schedule")
    func groups() throws {
        try with { scene in
            let text = """
                sources:
                  data: { image: DIR/data.img, every: 1d, group: db }
                  alone: { image: DIR/alone.img, every: 1h }
                  log: { image: DIR/log.img, every: 1h, group: db }
                  index: { image: DIR/index.img, group: db }
                  never: { image: DIR/never.img, group: idle }
                """
            let known = try ["data", "log", "index", "alone"].map { try scene.source($0, "\($0).img") }
            let taken = ["data": scene.hourAgo, "log": scene.hourAgo, "alone": scene.now]
            let plan = try scene.plan(text, known, last: taken)
            #expect(plan.units.map(\.subject) == ["data, log, index (group db)", "alone"])
            #expect(plan.units[0].state.isDue)
            #expect(!plan.units[1].state.isDue)
            let idle = try scene.plan(text, known, last: ["data": scene.now, "log": scene.now, "alone": scene.now])
            #expect(idle.units[0].state == .notDue(next: scene.now.advanced(byMilliseconds: 1_800_000)))
        }
    }

    @Test("what is selected, by name, image, entry or group; what is not there is an error with the nearest name")
    func selection() throws {
        try with { scene in
            try scene.images("vm1.img", "vm2.img")
            let text = """
                sources:
                  home: { image: DIR/home.img, every: 1h }
                  vms: { image: DIR/vm*.img, every: 1h }
                  data: { image: DIR/data.img, every: 1h, group: db }
                  log: { image: DIR/log.img, every: 1h, group: db }
                """
            func subjects(_ words: String...) throws -> [String] {
                let references = try words.map { try SourceReference(parsing: $0.replacing("DIR", with: scene.directory.string)) }
                return try scene.plan(text, [], RunSelection(references)).units.map(\.subject)
            }
            #expect(try subjects("home") == ["home"])
            #expect(try subjects("DIR/home.img", "vm2") == ["home", "vm2"])
            #expect(try subjects("vms") == ["vm1", "vm2"])
            #expect(try subjects("db") == ["data, log (group db)"])
            #expect(try subjects("log") == ["data, log (group db)"])
            // What has a policy alone is pruned.
            let pruned = "policies: { p: { keep: { last: 1 } } }\nsources: { old: { image: DIR/old.img, policy: p } }"
            let selection = RunSelection([try SourceReference(parsing: "old")])
            #expect(try scene.plan(pruned, [scene.source("old", "old.img")], selection).units.isEmpty)
            #expect(throws: AutomationError.unknownEntry(name: "hoem", nearest: "home")) { try subjects("hoem") }
        }
    }

    @Test("a zone that is not known stops it: nothing is taken by a calendar that nobody meant")
    func zone() throws {
        try with { scene in
            let configuration = try LosnapConfiguration(
                parsing: "sources: { a: { image: /a.img, every: 1d }, b: { image: /b.img, every: 1d, timezone: Asia/Tokyo } }",
                path: "l.yaml")
            let problem = PolicyError.unknownTimeZone(name: "Mars/Base", similar: nil)
            let configured = ConfiguredSources(configuration, systemZone: .failure(problem)) { $0 }
            #expect(throws: AutomationError.timeZone(name: "TZ", problem)) {
                try configured.runPlan(.all, known: [], lastRuns: [:], now: scene.now)
            }
        }
    }
}
