// How often taking has failed in a row, for how long a run is to leave a source alone. The rule: one statement for all sources that are asked for, and
// of each only the events since its last success, by the index of sources.

import Foundation
public import Policy
import GRDB

/// Takings by schedule that failed, one after the other.
public struct TakeFailures: Sendable, Hashable {
    /// How many, at least one; no more than ``most`` are counted.
    public var count: Int
    /// When the last one was.
    public var last: Instant

    /// How many are counted.
    public static let most = 100

    /// Those failures.
    public init(count: Int, last: Instant) {
        self.count = count
        self.last = last
    }
}

extension Catalogue {
    /// The failures of each source after the instant beside it and until `now`; a source without any is left out. What lies in the future, by a
    /// clock that was wrong, does not count.
    public func takeFailures(since: [Identifier: Instant], now: Instant) throws(SnapshotsError) -> [Identifier: TakeFailures] {
        if since.isEmpty { return [:] }
        return try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    WITH failing (id, since, last) AS MATERIALIZED (
                        SELECT key, value, (
                            SELECT at FROM event WHERE source_id = key AND at > value AND at <= ?2 AND \(Self.isTakeFailure)
                            ORDER BY at DESC LIMIT 1)
                        FROM json_each(?1))
                    SELECT id, last, (
                        SELECT count(*) FROM (
                            SELECT 1 FROM event WHERE source_id = id AND at > since AND at <= last AND \(Self.isTakeFailure)
                            LIMIT \(TakeFailures.most)))
                    FROM failing WHERE last IS NOT NULL
                    """)
            let pairs = since.map { "\"\($0.key)\":\($0.value.milliseconds)" }
            let cursor = try Row.fetchCursor(statement, arguments: ["{\(pairs.joined(separator: ","))}", now.milliseconds])
            var failures: [Identifier: TakeFailures] = [:]
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                let id = try reader.identifier()
                let last: Instant = try reader.value { Instant(milliseconds: $0) }
                failures[id] = TakeFailures(count: Int(try reader.integer()), last: last)
            }
            return failures
        }
    }

    /// The same for each name that no source had then. All events of that time are read, so it should be short.
    public func takeFailuresWithoutSource(since: Instant, now: Instant) throws(SnapshotsError) -> [SourceName: TakeFailures] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT source_name, max(at), min(count(*), \(TakeFailures.most)) FROM event
                    WHERE at > ? AND at <= ? AND source_id IS NULL AND source_name IS NOT NULL AND \(Self.isTakeFailure)
                    GROUP BY source_name
                    """)
            let cursor = try Row.fetchCursor(statement, arguments: [since.milliseconds, now.milliseconds])
            var failures: [SourceName: TakeFailures] = [:]
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                let name = try reader.value { (text: String) in try SourceName(parsing: text) }
                let last: Instant = try reader.value { Instant(milliseconds: $0) }
                failures[name] = TakeFailures(count: Int(try reader.integer()), last: last)
            }
            return failures
        }
    }

    /// Of an event, whether it says that taking failed.
    private static var isTakeFailure: String {
        let prefix = RunStage.take.prefix
        return "kind = '\(EventKind.runFailed.rawValue)' AND substr(reason, 1, \(prefix.count)) = '\(prefix)'"
    }
}
