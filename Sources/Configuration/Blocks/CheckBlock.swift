// What `check` complains of that belongs to no single source. The rule: a warning comes before what is critical, or the file is wrong.

/// The thresholds of `losnap check` for pools.
public struct ConfiguredCheck: Sendable, Hashable {
    /// When more than that of a pool is used, that is a warning; nil: never.
    public let poolWarning: Percentage?
    /// The same for critical.
    public let poolCritical: Percentage?
    /// All its values.
    public let settings: [EffectiveSetting]

    /// What holds when nothing is written.
    public static let usual = ConfiguredCheck(warning: nil, critical: nil)

    init(warning: Setting<Percentage>?, critical: Setting<Percentage>?) {
        poolWarning = warning.effective(or: Percentage(85))
        poolCritical = critical.effective(or: Percentage(95))
        settings = [
            EffectiveSetting(threshold: "pool-warning", warning, or: "85%"),
            EffectiveSetting(threshold: "pool-critical", critical, or: "95%"),
        ]
    }

    init(_ entry: Entry) {
        var warning: Setting<Percentage>?
        var critical: Setting<Percentage>?
        for entry in entry.block(["pool-warning", "pool-critical"], "a mapping with pool-warning")?.entries ?? [] {
            let value = entry.one("a share such as 85%", percentage)
            if entry.key == "pool-warning" { warning = value } else { critical = value }
        }
        self.init(warning: warning, critical: critical)
        guard let low = poolWarning, let high = poolCritical, low.number > high.number else { return }
        let place = warning?.value == nil ? critical?.position : warning?.position
        entry.problems.add(
            place ?? entry.keyPosition, "pool-warning: \(low) is above pool-critical, \(high)", hint: "write both, the warning lower")
    }
}

extension Optional {
    /// What holds: what is written, be it that there is none, or what is usual.
    func effective<Value>(or usual: Value) -> Value? where Wrapped == Setting<Value> {
        guard let setting = self else { return usual }
        return setting.value
    }
}

extension EffectiveSetting {
    /// A threshold, which `null` switches off.
    init<Value: CustomStringConvertible>(threshold key: String, _ setting: Setting<Value>?, or usual: String?) {
        let value = setting.map { $0.value?.description } ?? usual
        self.init(key, value.map { [$0] } ?? [], setting?.position)
    }
}
