// The log: what happened, in the order in which it was written, which a clock that was set back does not disturb.

public import Policy
import GRDB

/// Which events are wanted; what is nil does not narrow.
public struct EventFilter: Sendable, Hashable {
    /// Only of these sources.
    public var sources: [Identifier]?
    /// Only of this snapshot.
    public var snapshot: SnapshotNumber?
    /// Only from this instant on.
    public var since: Instant?
    /// Only before this instant.
    public var until: Instant?
    /// Only of this kind.
    public var kind: EventKind?
    /// Only the last so many.
    public var last: Int?

    /// All events, or those that the arguments leave.
    public init(
        sources: [Identifier]? = nil, snapshot: SnapshotNumber? = nil, since: Instant? = nil, until: Instant? = nil, kind: EventKind? = nil,
        last: Int? = nil
    ) {
        self.sources = sources
        self.snapshot = snapshot
        self.since = since
        self.until = until
        self.kind = kind
        self.last = last
    }
}

extension Catalogue {
    /// Logs something that changes no row, as a restore or a failure.
    public func append(_ event: Event) throws(SnapshotsError) {
        try write { db in try EventRow.insert(db, event) }
    }

    /// The events that the filter leaves, oldest first.
    public func events(_ filter: EventFilter = EventFilter()) throws(SnapshotsError) -> [Event] {
        try read { db in
            var condition = Condition()
            condition.require("source_id", in: filter.sources?.map(\.description))
            if let snapshot = filter.snapshot { condition.require("snapshot_number = ?", snapshot.value) }
            if let since = filter.since { condition.require("at >= ?", since.milliseconds) }
            if let until = filter.until { condition.require("at < ?", until.milliseconds) }
            if let kind = filter.kind { condition.require("kind = ?", kind.rawValue) }
            var sql = "SELECT \(EventRow.columns) FROM event WHERE \(condition.sql) ORDER BY row DESC"
            if let last = filter.last { sql += " LIMIT \(max(0, last))" }
            let statement = try db.cachedStatement(sql: sql)
            let cursor = try Row.fetchCursor(statement, arguments: condition.arguments)
            var events: [Event] = []
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                events.append(try EventRow.event(&reader))
            }
            return events.reversed()
        }
    }
}
