// The keep rules as options, in restic's words. The rule: here they are text; `Policy` alone says what a number or a duration may be, and
// an error names the option that it stood in.

import ArgumentParser
import Policy
import Snapshots

/// What is to be kept. Values are taken as they stand, so that `-1` is a wrong number and not an unknown option.
struct RuleArguments: ParsableArguments {
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Keep the last N snapshots.", valueName: "n"))
    var keepLast: String?
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Keep the newest of each of the last N hours that have one.", valueName: "n"))
    var keepHourly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of the last N days.", valueName: "n"))
    var keepDaily: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of the last N weeks, from Monday.", valueName: "n"))
    var keepWeekly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of the last N months.", valueName: "n"))
    var keepMonthly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of the last N quarters.", valueName: "n"))
    var keepQuarterly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of the last N years.", valueName: "n"))
    var keepYearly: String?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Keep all younger than that, counted from the newest.", valueName: "duration"))
    var keepWithin: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Keep the newest of each hour in that time.", valueName: "duration"))
    var keepWithinHourly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of each day.", valueName: "duration"))
    var keepWithinDaily: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of each week.", valueName: "duration"))
    var keepWithinWeekly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of each month.", valueName: "duration"))
    var keepWithinMonthly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of each quarter.", valueName: "duration"))
    var keepWithinQuarterly: String?
    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("... of each year.", valueName: "duration"))
    var keepWithinYearly: String?

    @Option(name: .long, help: ArgumentHelp("Keep those whose label matches, such as 'before-*'.", valueName: "glob"))
    var keepLabel: [String] = []
    @Option(name: .long, help: ArgumentHelp("Keep those with this tag.", valueName: "tag"))
    var keepTag: [String] = []

    /// The rules.
    func keep() throws(FrontError) -> Keep {
        var keep = Keep()
        keep.last = try Self.limit(keepLast, "--keep-last")
        let counts = [
            (Period.hourly, keepHourly), (.daily, keepDaily), (.weekly, keepWeekly), (.monthly, keepMonthly), (.quarterly, keepQuarterly),
            (.yearly, keepYearly),
        ]
        for (period, text) in counts { keep.periods[period] = try Self.limit(text, "--keep-\(period.rawValue)") }
        keep.within = try Self.duration(keepWithin, "--keep-within")
        let windows = [
            (Period.hourly, keepWithinHourly), (.daily, keepWithinDaily), (.weekly, keepWithinWeekly), (.monthly, keepWithinMonthly),
            (.quarterly, keepWithinQuarterly), (.yearly, keepWithinYearly),
        ]
        for (period, text) in windows { keep.withinPeriods[period] = try Self.duration(text, "--keep-within-\(period.rawValue)") }
        keep.labels = keepLabel
        // What no snapshot can have would keep nothing, without a word.
        for tag in keepTag {
            do { _ = try Tag(parsing: tag) } catch {
                throw .usage("--keep-tag: \(error.message)", hint: "give --keep-tag once for each tag: what has any of them is kept")
            }
        }
        keep.tags = keepTag
        return keep
    }

    private static func limit(_ text: String?, _ option: String) throws(FrontError) -> Limit? {
        guard let text else { return nil }
        do { return try Limit(parsing: text) } catch { throw .policy(option: option, error) }
    }

    private static func duration(_ text: String?, _ option: String) throws(FrontError) -> CalendarDuration? {
        guard let text else { return nil }
        do { return try CalendarDuration(parsing: text, bareM: .months) } catch { throw .duration(option: option, error) }
    }
}
