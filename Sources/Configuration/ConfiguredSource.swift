// A source with the defaults put in.

public import CloneCore
public import Policy
public import SystemPackage

/// A configured source, or with a pattern as its image, one for each image that matches.
public struct ConfiguredSource: Sendable, Hashable {
    /// The name of the entry; that of the source too, unless the image is a pattern.
    public let name: String
    /// Where it is defined.
    public let position: Position
    /// Its image or images.
    public let image: ImagePattern
    /// Its policy; nil: nothing is ever pruned.
    public let policy: String?
    /// The name of its own time zone; nil: its policy's, or the system's.
    public let timeZone: String?
    /// When it is due; nil: never by itself.
    public let schedule: Schedule?
    /// Where its snapshots go; nil: beside the image.
    public let snapshotDirectory: FilePath?
    /// Whether its snapshots are made immutable.
    public let immutable: Bool
    /// How they are taken.
    public let consistency: ConfiguredConsistency
    /// How long a freeze may last.
    public let maxFreeze: FreezeTime?
    /// The longest that each step before the freeze may take.
    public let maxPrepare: PrepareTime?
    /// How it is cloned while frozen; nil: losnap chooses.
    public let clone: CloneWay?
    /// The hook before the freeze.
    public let before: HookCommand?
    /// The hook after the thaw.
    public let after: HookCommand?
    /// The hook on failure.
    public let failed: HookCommand?
    /// How long a hook may run.
    public let timeout: CalendarDuration?
    /// Sources of one group are taken in one freeze.
    public let group: String?
    /// How much must differ from the newest snapshot for another one.
    public let ifChanged: ConfiguredSize?
    /// How many slots of its schedule in a row may be missed before `check` warns; nil: any number.
    public let missedWarning: Int?
    /// The same for critical.
    public let missedCritical: Int?
    /// How old the newest snapshot may be, whoever took it, before `check` warns; nil: of any age.
    public let maxAge: CalendarDuration?
    /// All its values.
    public let settings: [EffectiveSetting]

    init(_ block: SourceBlock, image: Setting<ImagePattern>, pattern: ImagePattern) {
        name = block.name
        position = block.position
        self.image = pattern
        policy = block.policy?.value
        timeZone = block.timeZone?.value
        schedule = block.schedule?.value
        snapshotDirectory = block.snapshotDirectory?.value
        immutable = block.immutable?.value ?? true
        consistency = block.consistency?.value ?? .frozen
        maxFreeze = block.maxFreeze?.value
        maxPrepare = block.maxPrepare?.value
        clone = block.clone?.value
        before = block.before?.value
        after = block.after?.value
        failed = block.failed?.value
        timeout = block.timeout?.value
        group = block.group?.value
        ifChanged = block.ifChanged?.value
        missedWarning = block.missedWarning.effective(or: 1)
        missedCritical = block.missedCritical.effective(or: 3)
        maxAge = block.maxAge?.value
        // Without a schedule nothing can be missed.
        let isScheduled = block.schedule?.value != nil
        settings = [
            EffectiveSetting("image", image) { [$0.description] },
            EffectiveSetting("policy", block.policy) { [$0] },
            EffectiveSetting("every", block.schedule) { $0.texts },
            EffectiveSetting("timezone", block.timeZone) { [$0] },
            EffectiveSetting("snapshot-directory", block.snapshotDirectory) { [$0.string] },
            EffectiveSetting("immutable", block.immutable, or: ["true"]) { [$0 ? "true" : "false"] },
            EffectiveSetting("consistency", block.consistency, or: ["frozen"]) { [$0.rawValue] },
            EffectiveSetting("max-freeze", block.maxFreeze, or: ["10s"]) { [$0.description] },
            EffectiveSetting("max-prepare", block.maxPrepare, or: ["5min"]) { [$0.description] },
            EffectiveSetting("clone", block.clone) { [$0.rawValue] },
            EffectiveSetting("before", hook: block.before),
            EffectiveSetting("after", hook: block.after),
            EffectiveSetting("failed", hook: block.failed),
            EffectiveSetting("timeout", block.timeout, or: ["60s"]) { [$0.description] },
            EffectiveSetting("group", block.group) { [$0] },
            EffectiveSetting("if-changed", block.ifChanged) { [$0.description] },
            EffectiveSetting(threshold: "missed-warning", block.missedWarning, or: isScheduled ? "1" : nil),
            EffectiveSetting(threshold: "missed-critical", block.missedCritical, or: isScheduled ? "3" : nil),
            EffectiveSetting("max-age", block.maxAge) { [$0.description] },
        ]
    }
}
