// From options to rules: every option reaches the rule of its name.

import Policy
import Testing

@testable import losnap

@Suite struct RuleTests {
    private func keep(_ arguments: String...) throws -> Keep {
        guard case .command(let command) = try CommandLineParser.parse(["prune"] + arguments), let prune = command as? Prune else {
            Issue.record("not prune")
            return Keep()
        }
        return try prune.rules.keep()
    }

    @Test func `counting rules`() throws {
        let keep = try keep(
            "--keep-last", "1", "--keep-hourly", "2", "--keep-daily", "3", "--keep-weekly", "4", "--keep-monthly", "5", "--keep-quarterly",
            "6", "--keep-yearly", "all")
        #expect(keep.last == .count(1))
        #expect(
            keep.periods == [
                .hourly: .count(2), .daily: .count(3), .weekly: .count(4), .monthly: .count(5), .quarterly: .count(6), .yearly: .all,
            ])
    }

    @Test func `windows, in which a bare m is months`() throws {
        let keep = try keep(
            "--keep-within", "1m", "--keep-within-hourly", "2h", "--keep-within-daily", "3d", "--keep-within-weekly", "4w",
            "--keep-within-monthly", "5mo", "--keep-within-quarterly", "6mo", "--keep-within-yearly", "7y")
        #expect(try keep.within == CalendarDuration(months: 1))
        #expect(
            try keep.withinPeriods == [
                .hourly: CalendarDuration(seconds: 7200), .daily: CalendarDuration(days: 3), .weekly: CalendarDuration(weeks: 4),
                .monthly: CalendarDuration(months: 5), .quarterly: CalendarDuration(months: 6), .yearly: CalendarDuration(years: 7),
            ])
    }

    @Test func `labels and tags add up`() throws {
        let keep = try keep("--keep-label", "a*", "--keep-label", "b", "--keep-tag", "t")
        #expect(keep.labels == ["a*", "b"])
        #expect(keep.tags == ["t"])
        #expect(try self.keep().isEmpty)
    }

    @Test func `the longest freeze`() throws {
        #expect(try FreezeLimit.nanoseconds("10ms") == 10_000_000)
        #expect(try FreezeLimit.nanoseconds("10s") == 10_000_000_000)
        #expect(try FreezeLimit.nanoseconds("2m") == 120_000_000_000)
        #expect(try FreezeLimit.nanoseconds("1min30s") == 90_000_000_000)
        for text in ["", "9ms", "-1s", "10", "601s", "1d", "ms", "99999999999999999999ms"] {
            #expect(throws: FrontError.self) { try FreezeLimit.nanoseconds(text) }
        }
    }
}
