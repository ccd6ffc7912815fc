// How much SQLite did: a measure that is the same on every machine and grows with the rows that a statement goes through. The rule: it is counted on
// the catalogue's own connection, so that all of an operation is in it, whatever it asks.

import GRDB
import GRDBSQLite

@testable import Snapshots

/// Counts the turns of SQLite's loops.
final class StatementSteps {
    private var count = 0

    /// How many turns the catalogue's statements took in `body`. It is once for each row that is gone through, and a few for each statement.
    static func count(_ catalogue: Catalogue, _ body: () throws -> Void) throws -> Int {
        let steps = StatementSteps()
        catalogue.queue.inDatabase { db in
            let counter = Unmanaged.passUnretained(steps).toOpaque()
            let count: @convention(c) (UnsafeMutableRawPointer?) -> CInt = { counter in
                if let counter { Unmanaged<StatementSteps>.fromOpaque(counter).takeUnretainedValue().count += 1 }
                return 0
            }
            sqlite3_progress_handler(db.sqliteConnection, 1, count, counter)
        }
        defer { catalogue.queue.inDatabase { db in sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) } }
        try body()
        return steps.count
    }
}
