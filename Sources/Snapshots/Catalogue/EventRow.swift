// An event as it lies in its table. The order of `columns` is the order in which it is read.

import Policy
import GRDB

enum EventRow {
    static let columns = "at, kind, source_id, source_name, snapshot_number, snapshot_id, reason, command"

    static func insert(_ db: Database, _ event: Event) throws {
        try db.cachedStatement(sql: "INSERT INTO event (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
            event.occasion.at.milliseconds, event.occasion.kind.rawValue, event.sourceID?.description, event.sourceName?.text,
            event.snapshotNumber?.value, event.snapshotID?.description, event.occasion.reason, event.occasion.command,
        ])
    }

    static func event(_ reader: inout RowReader) throws -> Event {
        let at: Instant = try reader.value { Instant(milliseconds: $0) }
        let kind = EventKind(rawValue: try reader.text())
        let sourceID = try reader.optionalIdentifier()
        let sourceName = try reader.optional { try SourceName(parsing: $0) }
        let number: SnapshotNumber? = try reader.optional { (value: Int64) in SnapshotNumber(value) }
        let snapshotID = try reader.optionalIdentifier()
        let occasion = Occasion(at: at, kind: kind, reason: try reader.optionalText(), command: try reader.optionalText())
        return Event(occasion, sourceID: sourceID, sourceName: sourceName, snapshotNumber: number, snapshotID: snapshotID)
    }
}
