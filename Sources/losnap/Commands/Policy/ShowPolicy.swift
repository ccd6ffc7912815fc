// `losnap policy show`.

import ArgumentParser
import Automation
import Configuration
import Policy

struct ShowPolicy: Command {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Draw what a policy keeps under the schedules of its sources, and say how many snapshots that will be.",
        discussion: """
            The numbers and the picture come from a simulation that ends now, as if each source had always been taken on time. A row is a \
            period that the policy has a rule for; a character is one hour, day, week and so on, and a bar is where a day, a week (in a row \
            of days), a quarter (of weeks) or a year begins. 'losnap config show' tells where each rule comes from.

            EXAMPLES:
              losnap policy show standard
              losnap policy show standard --json
            """)

    @Argument(help: "The policy.", completion: .policy)
    var name: String

    @OptionGroup var chosen: ConfigurationArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let found = try session.configuration(chosen.config)
        let policy = try found.policy(named: name)
        let configured = session.configuredSources(found)
        let uses = try PolicyUse.all(of: policy, in: configured)
        var forecasts = Forecasts(now: session.now)
        var cases: [PolicyPresentation.Case] = []
        func add(_ use: PolicyUse, _ schedule: Schedule, isAssumed: Bool) {
            let forecast = forecasts.forecast(policy.keep, schedule, zoneName: use.zone.name, use.zone.zone)
            cases.append(PolicyPresentation.Case(use: use, schedule: schedule, isAssumed: isAssumed, forecast: forecast))
        }
        if !policy.keep.isEmpty {
            for use in uses { if let schedule = use.schedule { add(use, schedule, isAssumed: false) } }
            if cases.isEmpty {
                let zone = try configured.zone(of: policy)
                add(PolicyUse(schedule: nil, zone: zone, sources: []), try Schedule(parsing: ["1h"]), isAssumed: true)
            }
        }
        let presentation = PolicyPresentation(
            policy: policy, sources: found.sources(of: policy), unscheduled: uses.filter { $0.schedule == nil }.flatMap(\.sources),
            cases: cases)
        try session.present(presentation, display)
    }
}
