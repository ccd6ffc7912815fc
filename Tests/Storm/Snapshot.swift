// A snapshot as losnap prints it.

/// The fields of a snapshot that the storm looks at (Docs/json.md).
struct Snapshot: Sendable {
    let id: String
    let number: Int
    let source: String
    let path: String
    let state: String
    let presence: String
    let isHeld: Bool
    let takenAt: String
    let consistency: String
    let logicalBytes: Int
    /// All fields.
    let json: JSON

    init?(_ json: JSON) {
        guard let id = json["id"].string, let number = json["number"].integer, let source = json["source"].string else { return nil }
        self.id = id
        self.number = number
        self.source = source
        path = json["path"].string ?? ""
        state = json["state"].string ?? ""
        presence = json["presence"].string ?? ""
        isHeld = json["held"].bool
        takenAt = json["taken_at"].string ?? ""
        consistency = json["consistency"].string ?? ""
        logicalBytes = json["logical_bytes"].integer ?? 0
        self.json = json
    }

    /// All those in an answer of `create`, `list`, `run`, ...
    static func all(in answer: JSON) -> [Snapshot] {
        var found = ["snapshots", "before", "after", "taken"].flatMap { answer[$0].array }
        found += [answer["snapshot"], answer["safety_snapshot"]]
        return found.compactMap { Snapshot($0) }
    }
}
