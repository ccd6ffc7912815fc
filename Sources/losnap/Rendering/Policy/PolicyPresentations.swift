// What `policy list` and `policy show` show.

import Automation
import CloneCore
import Configuration
import Policy
import SystemPackage

struct PoliciesPresentation: Presentation {
    var found: FoundConfiguration

    func text(_ context: RenderContext) -> String {
        var table = Table([("POLICY", .left), ("SCOPE", .left), ("SOURCES", .left), ("KEEPS", .left)])
        for policy in found.configuration.policies {
            let sources = found.sources(of: policy)
            table.add([policy.name, policy.scope.rawValue, sources.isEmpty ? "-" : sources.joined(separator: ", "), policy.keeps])
        }
        let text = table.text(context.style)
        return text.isEmpty ? "no policies are configured\n" : text
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [("file", JSON(found.path?.string)), ("policies", .array(found.configuration.policies.map { $0.json(found.sources(of: $0)) }))]
    }
}

struct PolicyPresentation: Presentation {
    /// What comes of one schedule.
    struct Case {
        let use: PolicyUse
        let schedule: Schedule
        /// No source with a schedule uses it; this one is an example.
        let isAssumed: Bool
        let forecast: Forecast
    }

    var policy: ConfiguredPolicy
    /// The sources that use it, in the order of the configuration.
    var sources: [String]
    /// Those of them that are never taken by themselves.
    var unscheduled: [String]
    /// None if the policy has no rules.
    var cases: [Case]

    func text(_ context: RenderContext) -> String {
        var sheet = FactSheet()
        sheet.add("Policy", policy.name)
        sheet.add("Keeps", policy.keeps)
        sheet.add("Judges", policy.scope == .all ? "every snapshot" : "only what the schedule took")
        sheet.add("Time zone", policy.timeZone ?? "the system's")
        sheet.add("Sources", sources.isEmpty ? "none" : sources.joined(separator: ", "))
        sheet.add("No schedule", unscheduled.isEmpty ? nil : unscheduled.joined(separator: ", "))
        return ([sheet.text] + cases.map { text($0, context) }).joined(separator: "\n")
    }

    private func text(_ use: Case, _ context: RenderContext) -> String {
        let who = use.isAssumed ? "for example" : use.use.sources.joined(separator: ", ")
        let title = EscapedText.line("\(use.schedule.words), \(use.use.zone.name) (\(who)):") + "\n"
        return title + EscapedText.line(use.forecast.words) + "\n"
            + PictureText(use.forecast.judged, keep: policy.keep, zone: use.use.zone.zone).text(context.style)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        let forecasts = cases.map { use in
            let fields: [JSON.Field] = [
                ("schedule", use.schedule.json), ("timezone", .string(use.use.zone.name)),
                ("sources", .array(use.use.sources.map { .string($0) })), ("assumed", .bool(use.isAssumed)),
            ]
            let kept: [JSON.Field] = [
                ("from", JSON(use.forecast.span.lowerBound)), ("until", JSON(use.forecast.span.upperBound)),
                ("kept", .array(use.forecast.judged.map(\.json))),
            ]
            return JSON.object(fields + use.forecast.numbers + kept)
        }
        return [("policy", policy.json(sources)), ("forecasts", .array(forecasts))]
    }
}

extension FoundConfiguration {
    /// The names of the sources that use a policy.
    func sources(of policy: ConfiguredPolicy) -> [String] {
        configuration.sources.filter { $0.policy == policy.name }.map(\.name)
    }
}

extension ConfiguredPolicy {
    /// What it guarantees, in a sentence.
    var keeps: String { keep.isEmpty ? "nothing by itself: it is there to be inherited" : keep.reachSentence }

    func json(_ sources: [String]) -> JSON {
        .object([
            ("name", .string(name)), ("scope", .string(scope.rawValue)), ("timezone", JSON(timeZone)),
            ("reach", JSON(keep.isEmpty ? nil : keep.reachSentence)), ("sources", .array(sources.map { .string($0) })),
        ])
    }
}
