// Which scheduled runs failed since something else was done, for monitoring. The rule: of each source only the events since then are read, by the
// index of sources, so that a long log makes it no slower.

public import Policy
import GRDB

extension Catalogue {
    /// The newest failure of a run of each of these sources, if it came after the instant beside the source.
    ///
    /// - Parameter stage: not those at this stage.
    public func runFailures(
        since: [Identifier: Instant], besides stage: RunStage? = nil
    ) throws(SnapshotsError) -> [Identifier: Event] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(EventRow.columns) FROM event WHERE source_id = ? AND at > ? AND kind = ?
                    AND (?4 IS NULL OR reason IS NULL OR substr(reason, 1, length(?4)) <> ?4) ORDER BY at DESC, row DESC LIMIT 1
                    """)
            var events: [Identifier: Event] = [:]
            for (id, instant) in since {
                let arguments: StatementArguments = [
                    id.description, instant.milliseconds, EventKind.runFailed.rawValue, stage?.prefix,
                ]
                // Not `fetchOne`: of a copied row GRDB traps on a value of another type, of a cursor's it does not, as long as the cursor lives.
                let cursor = try Row.fetchCursor(statement, arguments: arguments)
                while try cursor.next() != nil {
                    var reader = RowReader(statement)
                    events[id] = try EventRow.event(&reader)
                }
            }
            return events
        }
    }

    /// The newest failure after that instant for each name that no source had then.
    public func runFailuresWithoutSource(since: Instant) throws(SnapshotsError) -> [SourceName: Event] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(EventRow.columns) FROM event
                    WHERE at > ? AND kind = ? AND source_id IS NULL AND source_name IS NOT NULL ORDER BY at, row
                    """)
            let cursor = try Row.fetchCursor(statement, arguments: [since.milliseconds, EventKind.runFailed.rawValue])
            var events: [SourceName: Event] = [:]
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                let event = try EventRow.event(&reader)
                if let name = event.sourceName { events[name] = event }
            }
            return events
        }
    }
}
