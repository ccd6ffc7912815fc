// When each source was last seen to, for what is due next. The rule: one statement for all sources, and of each only what is newest, by the
// indexes of time, so that a long log and many snapshots make it no slower.

public import Policy
import GRDB

/// What was last done for a source by schedule.
public struct LastRun: Sendable, Hashable {
    /// When the newest complete snapshot of origin `run` was taken; nil if there is none.
    public var taken: Instant?
    /// When the source was last found unchanged, so that no snapshot was taken; nil if that was not after `taken`.
    public var unchanged: Instant?

    /// The later of the two: since when nothing was done.
    public var latest: Instant? { unchanged ?? taken }

    /// That run.
    public init(taken: Instant? = nil, unchanged: Instant? = nil) {
        self.taken = taken
        self.unchanged = unchanged
    }
}

extension Catalogue {
    /// When each source that is not removed was last seen to, by its UUID. That it was found unchanged in the future, by a clock that was wrong,
    /// does not count: no snapshot shows it.
    public func lastRuns(now: Instant) throws(SnapshotsError) -> [Identifier: LastRun] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    WITH run (id, taken) AS MATERIALIZED (
                        SELECT id, (
                            SELECT taken_at FROM snapshot WHERE source = source.row AND origin = 'run' AND state = 'complete'
                            ORDER BY taken_at DESC LIMIT 1)
                        FROM source WHERE removed_at IS NULL)
                    SELECT id, taken, (
                        SELECT at FROM event WHERE source_id = id AND at > coalesce(taken, ?1) AND at <= ?3 AND kind = ?2 ORDER BY at DESC LIMIT 1)
                    FROM run
                    """)
            let cursor = try Row.fetchCursor(
                statement,
                arguments: [
                    Instant.earliest.milliseconds - 1, EventKind.runUnchanged.rawValue,
                    now.advanced(byMilliseconds: clockTolerance).milliseconds,
                ])
            var runs: [Identifier: LastRun] = [:]
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                let id = try reader.identifier()
                let taken: Instant? = try reader.optional { Instant(milliseconds: $0) }
                runs[id] = LastRun(taken: taken, unchanged: try reader.optional { Instant(milliseconds: $0) })
            }
            return runs
        }
    }
}
