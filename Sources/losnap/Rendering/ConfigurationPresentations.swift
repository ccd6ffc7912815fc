// What `config check` and `config show` show. The rule: each value with its place in the file; what nobody wrote is told apart.

import CloneCore
import Configuration
import SystemPackage

/// A configuration without errors.
struct ConfigurationCheckPresentation: Presentation {
    var found: FoundConfiguration

    func text(_ context: RenderContext) -> String {
        guard let path = found.path else { return "there is no configuration, and none is needed\n" }
        let policies = found.configuration.policies.count
        let words = "\(policies) \(policies == 1 ? "policy" : "policies"), \(counted(found.configuration.sources.count, "source"))"
        return EscapedText.line("\(path.string): \(words), no errors") + "\n"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("file", JSON(found.path?.string)), ("policy_count", .integer(Int64(found.configuration.policies.count))),
            ("source_count", .integer(Int64(found.configuration.sources.count))),
        ]
    }
}

/// What a configuration says in the end.
struct ConfigurationPresentation: Presentation {
    var found: FoundConfiguration

    func text(_ context: RenderContext) -> String {
        let configuration = found.configuration
        let parts =
            configuration.policies.map { part("policy \($0.name)", $0.settings, context) }
            + configuration.sources.map { part("source \($0.name)", $0.settings, context) }
        // Alone it would be said of every empty configuration.
        let check = parts.isEmpty && configuration.check == .usual ? [] : [part("check", configuration.check.settings, context)]
        let all = parts + check
        return all.isEmpty ? "nothing is configured\n" : all.joined(separator: "\n")
    }

    private func part(_ title: String, _ settings: [EffectiveSetting], _ context: RenderContext) -> String {
        var table = Table([("KEY", .left), ("VALUE", .left), ("FROM", .left)])
        for setting in settings where !setting.values.isEmpty || setting.position != nil {
            let texts = setting.values.joined(separator: ", ")
            let value = setting.values.isEmpty ? "none" : setting.isList ? "[\(texts)]" : texts
            table.add([setting.key, value, setting.position?.description ?? "default"])
        }
        return EscapedText.line(title) + ":\n" + table.text(context.style)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        let configuration = found.configuration
        return [
            ("file", JSON(found.path?.string)),
            ("policies", .array(configuration.policies.map { .configured($0.name, $0.position, $0.settings) })),
            ("sources", .array(configuration.sources.map { .configured($0.name, $0.position, $0.settings) })),
            ("check", .array(configuration.check.settings.map(JSON.setting))),
        ]
    }
}
