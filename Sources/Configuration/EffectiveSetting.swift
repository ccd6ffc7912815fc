// What holds in the end, and where it comes from. The rule: a value that nobody wrote has no position.

/// The effective value of one key.
public struct EffectiveSetting: Sendable, Hashable {
    /// The key; those under `keep` begin with `keep.`.
    public let key: String
    /// The value as it can be written, one text or several; empty where nothing holds.
    public let values: [String]
    /// Where it stands; nil for what losnap does unless told otherwise.
    public let position: Position?
    /// Whether the texts are the words of one list, as those of a hook.
    public let isList: Bool

    /// That value.
    init(_ key: String, _ values: [String], _ position: Position?, isList: Bool = false) {
        self.key = key
        self.values = values
        self.position = position
        self.isList = isList
    }

    /// The value of a hook.
    init(_ key: String, hook: Setting<HookCommand>?) {
        self.init(key, hook?.value?.texts ?? [], hook?.position, isList: hook?.value?.isList ?? false)
    }

    /// The value of a setting, or what holds without one.
    init<Value>(_ key: String, _ setting: Setting<Value>?, or usual: [String] = [], _ texts: (Value) -> [String]) {
        self.init(key, setting.map { $0.value.map(texts) ?? usual } ?? usual, setting?.position)
    }
}
