// `losnap policy simulate`. The rule: the answer depends on the arguments and the configuration alone, not on the clock or any snapshot.

import ArgumentParser
import Automation
import Configuration
import Policy

struct SimulatePolicy: Command {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Show how a set of snapshots develops under a policy and a schedule, with pauses.",
        discussion: """
            Snapshots are taken on schedule and pruned after each, by the policy that is named or by the rules given here. In a pause the \
            machine is off: nothing is taken, and what fell due is made up for once, at its end. A pause is LENGTH@START, both durations, the \
            second one counted from the beginning: 2w@6mo is two weeks off after half a year.

            EXAMPLES:
              losnap policy simulate standard --every 1h --for 3y
              losnap policy simulate standard --for 1y --pause 2w@6mo
              losnap policy simulate --every 15m --for 90d --keep-hourly 48 --keep-daily 30
              losnap policy simulate --every 07:30,19:30 --for 2y --keep-within 30d --json
            """)

    @Argument(help: "The policy; none: the rules given here.", completion: .policy)
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "When a snapshot is due, as in losnap.yaml(5); times of day are joined by commas (default: as the policy's sources have it).",
            valueName: "schedule"))
    var every: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long (default: 1y).", valueName: "duration"))
    var length: String?

    @Option(name: .long, help: ArgumentHelp("When it begins (default: 2026-01-01).", valueName: "time"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("When the machine is off, such as 2w@6mo; may be repeated.", valueName: "length@start"))
    var pause: [String] = []

    @Option(name: .long, help: ArgumentHelp("Whose calendar (default: the policy's, or the system's).", valueName: "name"))
    var timezone: String?

    @OptionGroup(title: "Rules") var rules: RuleArguments

    @OptionGroup var chosen: ConfigurationArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let subject = try subject(session)
        let start =
            try TimeReader(zone: subject.zone.zone, now: session.now).instant(from ?? "2026-01-01", option: "--from", duration: nil)
            ?? session.now
        // Before that calendars differ, and nobody has snapshots.
        guard start >= Instant(clamping: 0) else {
            throw FrontError.outOfRange(
                option: "--from", value: from ?? "", range: "in 1970 or later", hint: "give a later time, such as 2026-01-01")
        }
        let length = try duration(length ?? "1y", "--for")
        let end = length.add(to: start, in: subject.zone.zone)
        let pauses = try pause.map { try range($0, start, end, subject.zone) }
        let steps = Simulation.steps(subject.schedule, from: start, through: end)
        guard steps <= Simulation.mostSteps else {
            throw FrontError.usage(
                "\(length) of snapshots \(subject.schedule.words) are \(steps), too many to simulate",
                hint: "at most \(Simulation.mostSteps) are; give a shorter --for or a longer --every")
        }
        let course = SimulatedCourse(
            keep: subject.keep, schedule: subject.schedule, zone: subject.zone.zone, start: start, length: length, end: end, pauses: pauses)
        let presentation = SimulationPresentation(
            policyName: name, keep: subject.keep, schedule: subject.schedule, zone: subject.zone, length: length, course: course)
        try session.present(presentation, display)
    }

    private struct Subject {
        let keep: Keep
        let schedule: Schedule
        let zone: NamedZone
    }

    /// What is simulated: a policy, or the rules of the command line.
    private func subject(_ session: Session) throws -> Subject {
        let given = try rules.keep()
        let zone = try session.calendarZone(option: timezone)
        let schedule = try schedule()
        guard let name else {
            try session.checkConfiguration(chosen.config)
            if given.isEmpty {
                throw FrontError.usage("there is nothing to simulate", hint: "name a policy, or give rules such as --keep-daily 7")
            }
            guard let schedule else { throw noSchedule }
            return Subject(keep: given, schedule: schedule, zone: try zone ?? session.calendarZone())
        }
        guard given.isEmpty else {
            throw FrontError.usage("both a policy and rules are given", hint: "name the policy '\(name)', or give rules, not both")
        }
        let found = try session.configuration(chosen.config)
        let policy = try found.policy(named: name)
        if policy.keep.isEmpty {
            throw FrontError.usage("the policy '\(name)' has no rules", hint: "it is there to be inherited; see losnap policy list")
        }
        let configured = session.configuredSources(found)
        let uses = try PolicyUse.all(of: policy, in: configured).filter { $0.schedule != nil }
        let only = uses.count == 1 ? uses.first : nil
        guard let schedule = schedule ?? only?.schedule else { throw noSchedule }
        let own = try only?.zone ?? configured.zone(of: policy)
        return Subject(keep: policy.keep, schedule: schedule, zone: zone ?? own)
    }

    private var noSchedule: FrontError {
        .usage("there is no schedule to simulate, or more than one", hint: "give one, such as --every 1h")
    }

    private func schedule() throws(FrontError) -> Schedule? {
        guard let every else { return nil }
        do {
            return try Schedule(parsing: every.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
        } catch {
            throw .schedule(option: "--every", error)
        }
    }

    private func duration(_ text: String, _ option: String) throws(FrontError) -> CalendarDuration {
        do { return try CalendarDuration(parsing: text, bareM: .refused) } catch { throw .duration(option: option, error) }
    }

    /// The time of a pause, which must begin before the end.
    private func range(_ text: String, _ start: Instant, _ end: Instant, _ zone: NamedZone) throws(FrontError) -> Range<Instant> {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw .usage("--pause: '\(text)' is not a length and a start", hint: "write it like 2w@6mo: two weeks, after six months")
        }
        let first = try duration(parts[1], "--pause").add(to: start, in: zone.zone)
        let last = try duration(parts[0], "--pause").add(to: first, in: zone.zone)
        guard first < end else {
            throw .usage("--pause: '\(text)' begins when the simulation is over", hint: "give a longer --for, or an earlier pause")
        }
        return first..<last
    }
}
