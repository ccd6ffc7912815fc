// A source as it is written, and `defaults`, which has the same keys but for what belongs to one source alone. The rule: what a source says wins
// over the defaults, key by key; `null` switches off.

import CloneCore
import Policy
import SystemPackage

/// A source's own keys, or the defaults.
struct SourceBlock {
    let name: String
    let position: Position
    var image: Setting<ImagePattern>?
    var group: Setting<String>?
    var policy: Setting<String>?
    var schedule: Setting<Schedule>?
    var snapshotDirectory: Setting<FilePath>?
    var immutable: Setting<Bool>?
    var consistency: Setting<ConfiguredConsistency>?
    var maxFreeze: Setting<FreezeTime>?
    var maxPrepare: Setting<PrepareTime>?
    var clone: Setting<CloneWay>?
    var before: Setting<HookCommand>?
    var after: Setting<HookCommand>?
    var failed: Setting<HookCommand>?
    var timeout: Setting<CalendarDuration>?
    var ifChanged: Setting<ConfiguredSize>?
    var timeZone: Setting<String>?
    var missedWarning: Setting<Int>?
    var missedCritical: Setting<Int>?
    var maxAge: Setting<CalendarDuration>?

    static let sharedKeys = [
        "policy", "every", "immutable", "consistency", "max-freeze", "max-prepare", "clone", "before", "after", "failed", "timeout",
        "if-changed",
        "timezone", "missed-warning", "missed-critical", "max-age",
    ]
    static let ownKeys = ["image", "snapshot-directory", "group"]

    init(_ entry: Entry, known: [String]) {
        name = entry.key
        position = entry.keyPosition
        for entry in entry.block(known, "a mapping with \(known[0])")?.entries ?? [] { read(entry) }
    }

    private mutating func read(_ entry: Entry) {
        switch entry.key {
        case "image": image = entry.one("the path of an image", ImagePattern.init(parsing:))
        case "group": group = entry.one("the name of a group", Configuration.name)
        case "policy": policy = entry.one("the name of a policy", Configuration.name)
        case "every":
            guard let texts = entry.several("a duration, or a list of times of day", word) else { return }
            if texts.value == nil {
                schedule = Setting(value: nil, position: texts.position)
            } else {
                schedule = Schedule(texts, entry).map { Setting(value: $0, position: texts.position) }
            }
        case "snapshot-directory": snapshotDirectory = entry.one("the path of a directory", absolutePath)
        case "immutable": immutable = entry.one("true or false", flag)
        case "consistency":
            consistency = entry.one("frozen or crash") { (text) throws(Refusal) in try choice(text) as ConfiguredConsistency }
        case "max-freeze": maxFreeze = entry.one("a duration such as 10s", freezeTime)
        case "max-prepare": maxPrepare = entry.one("a duration such as 5min", prepareTime)
        case "clone":
            clone = entry.one("plain, maps or tracked") { (text) throws(Refusal) in try choice(text) as CloneWay }
        case "before": before = entry.hook
        case "after": after = entry.hook
        case "failed": failed = entry.hook
        case "timeout": timeout = entry.one("a duration such as 60s", hookTimeout)
        case "if-changed": ifChanged = Self.ifChanged(entry)
        case "missed-warning": missedWarning = entry.one("a number of slots", missedSlots)
        case "missed-critical": missedCritical = entry.one("a number of slots", missedSlots)
        case "max-age": maxAge = entry.one("a duration such as 2d", maximumAge)
        default: timeZone = entry.one("the name of a time zone", zoneName)
        }
    }

    /// A size; `true` is the usual one, `false` is none.
    private static func ifChanged(_ entry: Entry) -> Setting<ConfiguredSize>? {
        let size = entry.one("a size such as 1MiB, or true") { (text) throws(Refusal) -> ConfiguredSize? in
            switch text {
            case "true": .usual
            case "false": nil
            default: try configuredSize(text)
            }
        }
        return size.map { Setting(value: $0.value ?? nil, position: $0.position) }
    }

    /// The same with what it says nothing of taken from the defaults.
    func completed(by defaults: SourceBlock?) -> SourceBlock {
        guard let defaults else { return self }
        var merged = self
        merged.policy = policy ?? defaults.policy
        merged.schedule = schedule ?? defaults.schedule
        merged.immutable = immutable ?? defaults.immutable
        merged.consistency = consistency ?? defaults.consistency
        merged.maxFreeze = maxFreeze ?? defaults.maxFreeze
        merged.maxPrepare = maxPrepare ?? defaults.maxPrepare
        merged.clone = clone ?? defaults.clone
        merged.before = before ?? defaults.before
        merged.after = after ?? defaults.after
        merged.failed = failed ?? defaults.failed
        merged.timeout = timeout ?? defaults.timeout
        merged.ifChanged = ifChanged ?? defaults.ifChanged
        merged.timeZone = timeZone ?? defaults.timeZone
        merged.missedWarning = missedWarning ?? defaults.missedWarning
        merged.missedCritical = missedCritical ?? defaults.missedCritical
        merged.maxAge = maxAge ?? defaults.maxAge
        return merged
    }
}
