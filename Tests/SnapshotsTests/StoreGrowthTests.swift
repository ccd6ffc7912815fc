// What an operation costs as the catalogue grows: `create` the same, however many snapshots there are, of its source and of others. Counted in
// SQLite's own steps, so that no machine is too slow or too busy for it.

import GRDB
import Policy
import TestSupport
import Testing

@testable import Snapshots

@Suite("Store: growth", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct StoreGrowthTests {
    /// Gives each source so many further complete snapshots with tags, older than the one that it has. Their files are not there.
    private func grow(_ catalogue: Catalogue, by count: Int) throws {
        try catalogue.queue.write { db in
            try db.execute(
                sql: """
                    CREATE TEMPORARY TABLE old AS
                        WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < ?)
                        SELECT snapshot.*, n, lower(hex(randomblob(16))) AS hex FROM step JOIN snapshot;
                    """, arguments: [count])
            try db.execute(
                sql: """
                    UPDATE old SET number = NULL, taken_at = taken_at - n * 60000, file_name = hex,
                        id = substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-4' || substr(hex, 14, 3) || '-8' || substr(hex, 18, 3)
                            || '-' || substr(hex, 21, 12);
                    ALTER TABLE old DROP COLUMN n;
                    ALTER TABLE old DROP COLUMN hex;
                    INSERT INTO snapshot SELECT * FROM old;
                    INSERT OR IGNORE INTO snapshot_tag SELECT number, 'nightly' FROM snapshot;
                    DROP TABLE old;
                    """)
        }
    }

    @Test("create takes as many steps with 20,000 snapshots as with 20")
    func create() throws {
        try TestScope.with { scope in
            var steps: [Int] = []
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            let sources = try ["home", "root"].map { try scene.source($0, in: store) }
            for source in sources { try store.take(source) }
            scene.clock.advance(hours: 1)
            for count in [9, 9_990] {
                try grow(store.catalogue, by: count)
                for way in 0..<4 {
                    let counted = try StatementSteps.count(store.catalogue) {
                        switch way {
                        case 0: try store.take(store.find(.path(sources[0].imagePath))) { $0.tags = try Tags([Tag(parsing: "a")]) }
                        case 1: _ = try store.create(CreateRequest(sources: sources))
                        case 2: try store.checkCreate(CreateRequest(sources: sources))
                        default:
                            // Not a byte has changed: nothing is taken, and the newest was looked for.
                            var request = CreateRequest(sources: [sources[0]])
                            request.ifChanged = 1
                            #expect(try store.create(request).unchanged.count == 1)
                        }
                    }
                    steps.append(counted)
                    scene.clock.advance(milliseconds: 1000)
                }
            }
            #expect(try store.catalogue.count() > 20_000)
            for (few, many) in zip(steps.prefix(4), steps.suffix(4)) {
                #expect(few > 10, "nothing was counted")
                // The table of a directory, a source and so on are the same; a few steps more are pages that SQLite moves meanwhile.
                #expect(many <= few + 20, "\(steps)")
            }
        }
    }

    @Test("the count of steps sees a statement that goes through all rows")
    func steps() throws {
        try TestScope.with { scope in
            let scene = try StoreScene(on: scope.memoryPool())
            let store = try scene.store()
            try store.take(try scene.source(in: store))
            try grow(store.catalogue, by: 1000)
            #expect(try StatementSteps.count(store.catalogue) { _ = try store.catalogue.count(SnapshotFilter(states: [.complete])) } > 1000)
        }
    }
}
