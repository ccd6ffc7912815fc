// A policy as it is written, before it inherits. The rule: what a policy says itself wins over what it inherits, key by key; `null` switches off.

import Policy

/// A policy's own keys.
struct PolicyBlock {
    let name: String
    let position: Position
    var inherits: Setting<String>?
    /// Whether `keep: null` switches off all rules of the inherited policy.
    var dropsRules = false
    var rules: [KeepRule: Setting<KeepValue>] = [:]
    var timeZone: Setting<String>?
    var scope: Setting<Scope>?
    /// Whether something of its rules was refused, so that none being left says nothing.
    var isBroken = false

    init(_ entry: Entry) {
        name = entry.key
        position = entry.keyPosition
        isBroken = entry.keyCount == nil
        guard let block = entry.block(["inherits", "keep", "timezone", "scope"], "a mapping with keep") else { return }
        for entry in block.entries {
            switch entry.key {
            case "inherits": inherits = entry.one("the name of a policy", Configuration.name)
            case "timezone": timeZone = entry.one("the name of a time zone", zoneName)
            case "scope": scope = entry.one("run or all") { (text) throws(Refusal) in try choice(text) as Scope }
            default: readKeep(entry)
            }
        }
    }

    private mutating func readKeep(_ entry: Entry) {
        if entry.isNull {
            dropsRules = true
            return
        }
        let block = entry.block(KeepRule.all.map(\.key), "a mapping of rules such as { daily: 7 }")
        for entry in block?.entries ?? [] {
            for rule in KeepRule.all where rule.key == entry.key { rules[rule] = rule.value(entry) }
        }
        if rules.count < entry.keyCount ?? 1 { isBroken = true }
    }

    /// The same with what it says nothing of taken from another one.
    func inheriting(_ parent: PolicyBlock) -> PolicyBlock {
        var merged = self
        if !dropsRules { merged.rules = parent.rules.merging(rules) { $1 } }
        merged.timeZone = timeZone ?? parent.timeZone
        merged.isBroken = isBroken || parent.isBroken
        merged.scope = scope ?? parent.scope
        return merged
    }
}
