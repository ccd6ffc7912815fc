// What `config` says, as JSON (Docs/json.md).

import Configuration

extension JSON {
    /// One thing that is wrong in a configuration.
    static func problem(_ problem: Problem) -> JSON {
        .object(place(problem.position) + [("message", .string(problem.message)), ("hint", JSON(problem.hint))])
    }

    /// A policy or a source of a configuration.
    static func configured(_ name: String, _ position: Position, _ settings: [EffectiveSetting]) -> JSON {
        .object([("name", .string(name))] + place(position) + [("settings", .array(settings.map(setting)))])
    }

    /// One effective value.
    static func setting(_ setting: EffectiveSetting) -> JSON {
        .object(
            [("key", .string(setting.key)), ("values", .array(setting.values.map { .string($0) }))] + place(setting.position))
    }

    private static func place(_ position: Position?) -> [JSON.Field] {
        [
            ("file", JSON(position?.file)), ("line", JSON(position.map { Int64($0.line) })),
            ("column", JSON(position.map { Int64($0.column) })),
        ]
    }
}
