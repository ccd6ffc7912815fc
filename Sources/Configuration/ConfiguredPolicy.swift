// A policy with everything that it inherits.

public import Policy

/// A configured policy.
public struct ConfiguredPolicy: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// Where it is defined.
    public let position: Position
    /// Its rules. A policy without any is there to be inherited.
    public let keep: Keep
    /// The name of the zone whose calendar makes its buckets; nil for the system's.
    public let timeZone: String?
    /// What it judges.
    public let scope: Scope
    /// All its values.
    public let settings: [EffectiveSetting]
    /// Whether something of its rules was refused.
    let isBroken: Bool

    init(_ block: PolicyBlock) {
        name = block.name
        position = block.position
        isBroken = block.isBroken
        var keep = Keep()
        var settings: [EffectiveSetting] = []
        for rule in KeepRule.all {
            guard let setting = block.rules[rule], let value = setting.value else { continue }
            rule.put(value, into: &keep)
            settings.append(EffectiveSetting("keep.\(rule.key)", value.texts, setting.position))
        }
        self.keep = keep
        timeZone = block.timeZone?.value
        scope = block.scope?.value ?? .run
        settings.append(EffectiveSetting("timezone", block.timeZone) { [$0] })
        settings.append(EffectiveSetting("scope", block.scope, or: [Scope.run.rawValue]) { [$0.rawValue] })
        self.settings = settings
    }
}
