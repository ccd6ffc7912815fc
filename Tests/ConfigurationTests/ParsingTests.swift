// What is read from texts that are right.

import CloneCore
import Policy
import SystemPackage
import Testing

@testable import Configuration

@Suite struct ParsingTests {
    private func parse(_ text: String) throws -> LosnapConfiguration { try LosnapConfiguration(parsing: text, path: "/c.yaml") }

    @Test(arguments: ["", "# nothing\n\n", "---\n", "---\n...\n", "{}", "policies:\nsources: null\ndefaults: ~\n"])
    func `a file that says nothing is valid`(text: String) throws {
        #expect(try parse(text) == .empty)
    }

    @Test func `every rule reaches its place`() throws {
        let keep = try parse(
            """
            policies:
              a:
                keep:
                  { last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, quarterly: 6, yearly: all, within: 1m, within-hourly: 2h,
                    within-daily: 3d, within-weekly: 4w, within-monthly: 5mo, within-quarterly: 6m, within-yearly: 7y,
                    labels: 'a*', tags: [ x, 2024 ] }
            """
        ).policies[0].keep
        #expect(keep.last == .count(1))
        #expect(
            keep.periods == [
                .hourly: .count(2), .daily: .count(3), .weekly: .count(4), .monthly: .count(5), .quarterly: .count(6), .yearly: .all,
            ])
        #expect(try keep.within == CalendarDuration(months: 1))
        #expect(
            try keep.withinPeriods == [
                .hourly: CalendarDuration(seconds: 7200), .daily: CalendarDuration(days: 3), .weekly: CalendarDuration(weeks: 4),
                .monthly: CalendarDuration(months: 5), .quarterly: CalendarDuration(months: 6), .yearly: CalendarDuration(years: 7),
            ])
        #expect(keep.labels == ["a*"])
        #expect(keep.tags == ["x", "2024"])
    }

    @Test func `a policy inherits key by key, in any order of the file`() throws {
        let configuration = try parse(
            """
            policies:
              c: { inherits: b, keep: { hourly: null, yearly: 1 }, timezone: null }
              b: { inherits: a, keep: { daily: 30 }, scope: all }
              a: { keep: { hourly: 24, daily: 7 }, timezone: Europe/London }
              d: { inherits: a, keep: null, scope: null }
              e: { inherits: null, keep: { last: 1 } }
            """)
        let c = try #require(configuration.policy("c"))
        #expect(c.keep.periods == [.daily: .count(30), .yearly: .count(1)])
        #expect(c.timeZone == nil)
        #expect(c.scope == .all)
        #expect(configuration.policy("b")?.timeZone == "Europe/London")
        #expect(configuration.policy("a")?.scope == .run)
        #expect(configuration.policy("d")?.keep.isEmpty == true)
        #expect(configuration.policy("d")?.timeZone == "Europe/London")
        #expect(c.settings.first { $0.key == "keep.daily" }?.position?.description == "/c.yaml:3:36")
        #expect(configuration.policy("a")?.settings.last == EffectiveSetting("scope", ["run"], nil))
    }

    @Test func `a source has the defaults, unless it says otherwise`() throws {
        let configuration = try parse(
            """
            policies: { p: { keep: { last: 1 } } }
            defaults: { policy: p, every: 90m, before: echo, timeout: 2m, immutable: false, if-changed: true, max-freeze: 500ms,
                        clone: maps, max-prepare: 90s }
            sources:
              a: { image: /a.img }
              b: { image: /b.img, policy: null, before: null, every: [ 12:30, 07:00 ], immutable: true, if-changed: false,
                   consistency: crash, timezone: UTC, snapshot-directory: /snapshots/b, group: g, failed: "x\\ny", timeout: null, clone: null }
              c: { image: /c.img, clone: tracked, before: [ /bin/x, 7, "" ], after: [ /bin/y ] }
            """)
        let (a, b) = (configuration.sources[0], configuration.sources[1])
        #expect(a.policy == "p")
        #expect(try a.schedule == .every(CalendarDuration(seconds: 5400)))
        #expect(a.before == "echo")
        #expect(a.timeout?.seconds == 120)
        #expect(!a.immutable)
        #expect(a.ifChanged?.bytes == 1 << 20)
        #expect(a.maxFreeze?.milliseconds == 500)
        #expect(a.maxPrepare?.seconds == 90)
        #expect(configuration.sources.map(\.clone) == [.maps, nil, .tracked])
        #expect(a.settings.contains { $0.key == "clone" && $0.values == ["maps"] && $0.position?.line == 3 })
        #expect(b.settings.contains { $0.key == "clone" && $0.values.isEmpty && $0.position?.line == 7 })
        #expect(b.policy == nil)
        #expect(b.before == nil)
        let c = configuration.sources[2]
        #expect(c.before == .program(["/bin/x", "7", ""]) && c.after == .program(["/bin/y"]) && c.failed == nil)
        #expect(c.settings.contains { $0.key == "before" && $0.values == ["/bin/x", "7", ""] && $0.isList })
        #expect(a.settings.contains { $0.key == "before" && $0.values == ["echo"] && !$0.isList })
        #expect(b.schedule?.texts == ["07:00", "12:30"])
        #expect(b.immutable)
        #expect(b.ifChanged == nil)
        #expect(b.consistency == .crash)
        #expect(b.timeZone == "UTC")
        #expect(b.snapshotDirectory == "/snapshots/b")
        #expect(b.group == "g")
        #expect(b.failed == "x\ny")
        #expect(b.timeout == nil)
        #expect(a.settings.first { $0.key == "every" }?.values == ["1h30min"])
        #expect(a.settings.first { $0.key == "every" }?.position?.line == 2)
        #expect(b.settings.first { $0.key == "timeout" }?.values == ["60s"])
    }

    @Test func `what is shown of a value is read back as the same`() throws {
        for text in ["10ms", "1500ms", "10s", "2min", "10min"] {
            let time = try FreezeTime(parsing: text)
            #expect(try FreezeTime(parsing: time.description) == time)
        }
        for text in ["1s", "90s", "5min", "24h"] {
            let time = try PrepareTime(parsing: text)
            #expect(try PrepareTime(parsing: time.description) == time)
        }
        for text in ["1B", "512KiB", "1MiB", "2TiB"] { #expect(try ConfiguredSize(parsing: text).description == text) }
        #expect(try ConfiguredSize(parsing: "3KiB").bytes == 3072)
    }

    @Test func `patterns of images`() throws {
        let pattern = try ImagePattern(parsing: "/srv/images/vm-*.img")
        #expect(pattern.matches("/srv/images/vm-1.img"))
        #expect(!pattern.matches("/srv/images/vm-1.raw"))
        #expect(!pattern.matches("/srv/images/deep/vm-1.img"))
        #expect(!(try ImagePattern(parsing: "/srv/*")).matches("/srv/.hidden"))
        #expect(try ImagePattern(parsing: "/srv/a\\[1\\].img").matches("/srv/a[1].img"))
        #expect(try ImagePattern(parsing: "/srv/./home.img").matches("/srv/home.img"))
        #expect(pattern.description == "/srv/images/vm-*.img")
    }

    @Test func `thresholds of check, for each source and for pools`() throws {
        let usual = try parse("sources: { a: { image: /a.img } }")
        #expect(usual.check == .usual)
        #expect(usual.check.poolWarning?.number == 85 && usual.check.poolCritical?.number == 95)
        #expect(usual.sources[0].missedWarning == 1 && usual.sources[0].missedCritical == 3 && usual.sources[0].maxAge == nil)
        let written = try parse(
            """
            check: { pool-warning: 1%, pool-critical: null }
            defaults: { missed-warning: 2, missed-critical: 5, every: 1h, max-age: 1mo2d }
            sources:
              a: { image: /a.img }
              b: { image: /b.img, missed-warning: 5, max-age: 90m }
              c: { max-age: null, image: /c.img, missed-warning: 1000, missed-critical: null }
              d: { image: /d.img, missed-warning: null, missed-critical: 1 }
            """)
        #expect(written.check.poolWarning?.number == 1 && written.check.poolCritical == nil)
        #expect(written.check.settings.map(\.values) == [["1%"], []])
        #expect(written.sources.map(\.missedWarning) == [2, 5, 1000, nil])
        #expect(written.sources.map(\.missedCritical) == [5, 5, nil, 1])
        #expect(written.sources.map(\.maxAge?.description) == ["1mo2d", "1h30min", nil, "1mo2d"])
        // A default that fits the other default may not fit what a source says.
        #expect(throws: ConfigurationError.self) { try parse("sources: { a: { image: /a.img, missed-critical: 1, missed-warning: 2 } }") }
        #expect(throws: ConfigurationError.self) { try parse("check: { pool-critical: 80% }") }
    }

    @Test func `columns count characters, and deep nesting is an error`() throws {
        do throws(ConfigurationError) {
            _ = try LosnapConfiguration(parsing: "policies: { 'é': {}, ä: {} }", path: "/c")
            Issue.record("taken")
        } catch {
            guard case .invalid(_, let problems) = error else { throw error }
            #expect(problems.map(\.position.column) == [13, 22])
        }
        for bracket in ["[", "{a: "] {
            #expect(throws: ConfigurationError.self) { try parse("sources: " + String(repeating: bracket, count: 100_000)) }
        }
    }

    /// Whatever the text, the answer is a configuration or errors that have a place in it.
    @Test func `texts cut off and changed anywhere are understood or refused`() throws {
        let text = """
            policies:
              a: { keep: { daily: 7, "daily": 8, tags: [ x, 'y' ] }, timezone: UTC }
              b: &b { inherits: a }
            sources: { home: { image: /a.img, every: [ 07:00 ], before: "x # y" } } # end
            """
        for length in 0...text.count { check(String(text.prefix(length))) }
        for index in text.indices {
            for other in ["{", "]", ":", "\"", "\t", "\0", "*", "\u{FEFF}", "\n", "\u{E000}"] {
                check(String(text[..<index]) + other + String(text[text.index(after: index)...]))
            }
        }
    }

    private func check(_ text: String) {
        do throws(ConfigurationError) {
            _ = try LosnapConfiguration(parsing: text, path: "/c")
        } catch {
            guard case .invalid(_, let problems) = error, !problems.isEmpty else {
                Issue.record("no problem is told of: \(text)")
                return
            }
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
            for problem in problems { #expect((1...lines + 1).contains(problem.position.line)) }
        }
    }
}
