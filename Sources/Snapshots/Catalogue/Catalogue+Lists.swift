// The catalogue's questions about snapshots. A list is three queries (sources and directories, tags, rows) in one transaction, however long
// it is.

import CloneCore
public import Policy
import GRDB
import SystemPackage

/// Which snapshots are wanted; what is nil does not narrow.
public struct SnapshotFilter: Sendable, Hashable {
    /// Only of these sources.
    public var sources: [Identifier]?
    /// Only in these states.
    public var states: Set<SnapshotState>?
    /// Only taken at this instant or later.
    public var since: Instant?
    /// Only taken before this instant.
    public var until: Instant?
    /// Only with this tag.
    public var tag: Tag?
    /// Only with exactly this label.
    public var label: Label?
    /// Only held at this instant.
    public var heldAt: Instant?
    /// Only of this group.
    public var group: Identifier?
    /// Only the newest so many.
    public var newest: Int?

    /// All snapshots, or those that the arguments leave.
    public init(
        sources: [Identifier]? = nil, states: Set<SnapshotState>? = nil, since: Instant? = nil, until: Instant? = nil, tag: Tag? = nil,
        label: Label? = nil, heldAt: Instant? = nil, group: Identifier? = nil, newest: Int? = nil
    ) {
        self.sources = sources
        self.states = states
        self.since = since
        self.until = until
        self.tag = tag
        self.label = label
        self.heldAt = heldAt
        self.group = group
        self.newest = newest
    }

    /// Those of one source that exist.
    public static func complete(of source: Identifier) -> SnapshotFilter {
        SnapshotFilter(sources: [source], states: [.complete])
    }

    private var isUnfinishedOnly: Bool { states.map { !$0.contains(.complete) } ?? false }

    fileprivate var condition: Condition {
        var condition = Condition()
        if let sources {
            let places = sources.map { _ in "?" }.joined(separator: ", ")
            // The rows of one source lie all over the catalogue. Those of a few are found by their index; for many it is quicker to go
            // through all rows in the order of time, which is the order in which they lie: the plus keeps SQLite from the index.
            let column = sources.count > 4 || isUnfinishedOnly ? "+snapshot.source" : "snapshot.source"
            // Of one source the index has the order of time, too, so that the newest is found without sorting all.
            let rows = "(SELECT row FROM source WHERE id IN (\(places)))"
            condition.require("\(column) \(sources.count == 1 ? "=" : "IN") \(rows)", values: sources.map(\.description))
        }
        condition.require("snapshot.state", in: states.map { $0.map(\.rawValue).sorted() })
        // Bound values don't tell SQLite that its index of what is unfinished will do; there are only ever a few of them.
        if isUnfinishedOnly { condition.require("snapshot.state <> 'complete'") }
        if let since { condition.require("snapshot.taken_at >= ?", since.milliseconds) }
        if let until { condition.require("snapshot.taken_at < ?", until.milliseconds) }
        if let tag { condition.require("snapshot.number IN (SELECT snapshot FROM snapshot_tag WHERE tag = ?)", tag.text) }
        if let label { condition.require("snapshot.label = ?", label.text) }
        if let heldAt {
            condition.require("snapshot.held = 1 AND (snapshot.hold_until IS NULL OR snapshot.hold_until > ?)", heldAt.milliseconds)
        }
        if let group { condition.require("snapshot.group_id = ?", group.description) }
        return condition
    }
}

extension Catalogue {
    /// The snapshots that the filter leaves, oldest first; of equal times the higher number is the newer.
    public func snapshots(_ filter: SnapshotFilter = SnapshotFilter()) throws(SnapshotsError) -> [Snapshot] {
        try read { db in try Self.fetch(db, filter.condition, newest: filter.newest) }
    }

    /// The same one by one as they are read, in one state of the catalogue, so that a long list is never in memory.
    func forEachSnapshot(_ filter: SnapshotFilter, _ body: (Snapshot) throws -> Void) throws(SnapshotsError) {
        try read { db in try Self.forEach(db, filter.condition, newest: filter.newest, body) }
    }

    /// The numbers of the snapshots that the filter leaves, in the same order.
    public func numbers(_ filter: SnapshotFilter = SnapshotFilter()) throws(SnapshotsError) -> [SnapshotNumber] {
        try read { db in
            let condition = filter.condition
            let statement = try db.cachedStatement(sql: Self.select("snapshot.number", condition, newest: filter.newest))
            let cursor = try Row.fetchCursor(statement, arguments: condition.arguments)
            var numbers: [SnapshotNumber] = []
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                numbers.append(try reader.value { (value: Int64) in SnapshotNumber(value) })
            }
            return filter.newest == nil ? numbers : numbers.reversed()
        }
    }

    /// The snapshot of that number, in whatever state.
    public func snapshot(_ number: SnapshotNumber) throws(SnapshotsError) -> Snapshot? {
        try read { db in try Self.fetch(db, number) }
    }

    /// The snapshot of that UUID, in whatever state.
    public func snapshot(id: Identifier) throws(SnapshotsError) -> Snapshot? {
        try read { db in
            var condition = Condition()
            condition.require("snapshot.id = ?", id.description)
            return try Self.fetch(db, condition, newest: nil).first
        }
    }

    /// The newest complete snapshot of a source.
    public func newest(of source: Identifier) throws(SnapshotsError) -> Snapshot? {
        try snapshots(SnapshotFilter(sources: [source], states: [.complete], newest: 1)).first
    }

    /// How many snapshots the filter leaves.
    public func count(_ filter: SnapshotFilter = SnapshotFilter()) throws(SnapshotsError) -> Int {
        try read { db in
            let condition = filter.condition
            let statement = try db.cachedStatement(sql: "SELECT count(*) FROM snapshot WHERE \(condition.sql)")
            let count = try Int.fetchOne(statement, arguments: condition.arguments) ?? 0
            return filter.newest.map { min(max(0, $0), count) } ?? count
        }
    }

    /// How many complete snapshots each source has, by its UUID; none where it has none. Counted in indexes alone, all at once.
    public func completeCounts() throws(SnapshotsError) -> [Identifier: Int] {
        try read { db in
            // The plus keeps SQLite from going through all rows to have the unfinished ones in groups.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT source.id, counted.rows - coalesce(unfinished.rows, 0)
                    FROM (SELECT source, count(*) AS rows FROM snapshot GROUP BY source) AS counted
                    JOIN source ON source.row = counted.source
                    LEFT JOIN (SELECT source, count(*) AS rows FROM snapshot WHERE state <> 'complete' GROUP BY +source) AS unfinished
                        ON unfinished.source = counted.source
                    """)
            let cursor = try Row.fetchCursor(statement)
            var counts: [Identifier: Int] = [:]
            while try cursor.next() != nil {
                var reader = RowReader(statement)
                let source = try reader.identifier()
                counts[source] = try reader.value { (count: Int64) in Int(exactly: count) }
            }
            return counts
        }
    }

    /// Every directory in which snapshots lie or have lain.
    public func knownDirectories() throws(SnapshotsError) -> [SnapshotDirectory] {
        try read { db in try Self.directories(db).sorted { $0.key < $1.key }.map(\.value) }
    }

    /// The directories in which the catalogue has snapshots of a source, in whatever state.
    func directories(withSnapshotsOf source: Identifier) throws(SnapshotsError) -> [SnapshotDirectory] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT DISTINCT directory FROM snapshot WHERE source = (SELECT row FROM source WHERE id = ?)")
            let rows = try Int64.fetchAll(statement, arguments: [source.description])
            let directories = try Self.directories(db)
            return rows.compactMap { directories[$0] }
        }
    }

    /// The sources, removed ones too, of which the catalogue has snapshots in that directory, in whatever state. What is complete is found
    /// by the index of files; what has no file name yet is unfinished, of which there are only ever a few.
    public func sources(withSnapshotsIn directory: SnapshotDirectory) throws(SnapshotsError) -> Set<Identifier> {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    WITH place AS (SELECT row FROM directory WHERE path = ? AND pool_type = ? AND pool_uuid = ?)
                    SELECT DISTINCT source.id FROM source JOIN (
                        SELECT snapshot.source FROM snapshot
                        WHERE snapshot.directory = (SELECT row FROM place) AND snapshot.file_name IS NOT NULL
                        UNION
                        SELECT snapshot.source FROM snapshot
                        WHERE +snapshot.directory = (SELECT row FROM place) AND snapshot.state <> 'complete'
                    ) AS owner ON owner.source = source.row
                    """)
            let texts = try String.fetchAll(
                statement, arguments: [directory.path.string, directory.pool.type, directory.pool.uuid])
            return Set(texts.compactMap(Identifier.init(parsing:)))
        }
    }

    // MARK: Shared

    static func fetch(_ db: Database, _ number: SnapshotNumber) throws -> Snapshot? {
        var condition = Condition()
        condition.require("snapshot.number = ?", number.value)
        return try fetch(db, condition, newest: nil).first
    }

    private static func fetch(_ db: Database, _ condition: Condition, newest: Int?) throws -> [Snapshot] {
        var snapshots: [Snapshot] = []
        try forEach(db, condition, newest: newest) { snapshots.append($0) }
        return newest == nil ? snapshots : snapshots.reversed()
    }

    /// Oldest first; if only the newest are wanted, the other way round.
    private static func select(_ columns: String, _ condition: Condition, newest: Int?) -> String {
        let order = newest == nil ? ", snapshot.number" : " DESC, snapshot.number DESC LIMIT \(max(0, newest ?? 0))"
        return "SELECT \(columns) FROM snapshot WHERE \(condition.sql) ORDER BY snapshot.taken_at" + order
    }

    /// In the order of `select`.
    private static func forEach(_ db: Database, _ condition: Condition, newest: Int?, _ body: (Snapshot) throws -> Void) throws {
        let context = try SnapshotRow.Context(
            sources: SourceRow.fetch(db), directories: directories(db), tags: tags(db, condition, newest: newest))
        let statement = try db.cachedStatement(sql: select(SnapshotRow.columns, condition, newest: newest))
        let cursor = try Row.fetchCursor(statement, arguments: condition.arguments)
        while try cursor.next() != nil {
            var reader = RowReader(statement)
            try body(SnapshotRow.snapshot(&reader, context))
        }
    }

    private static func directories(_ db: Database) throws -> [Int64: SnapshotDirectory] {
        let statement = try db.cachedStatement(sql: "SELECT row, path, pool_type, pool_uuid FROM directory")
        let cursor = try Row.fetchCursor(statement)
        var directories: [Int64: SnapshotDirectory] = [:]
        while try cursor.next() != nil {
            var reader = RowReader(statement)
            directories[try reader.integer()] = SnapshotDirectory(
                path: try reader.value { FilePath(recorded: $0) }, pool: PoolIdentity(type: try reader.text(), uuid: try reader.text()))
        }
        return directories
    }

    /// Of the newest few rows only theirs: those of the rest may be as many as the catalogue has rows.
    private static func tags(_ db: Database, _ condition: Condition, newest: Int?) throws -> [Int64: Tags] {
        let source =
            newest == nil
            ? "snapshot_tag JOIN snapshot ON snapshot.number = snapshot_tag.snapshot WHERE \(condition.sql)"
            : "snapshot_tag WHERE snapshot_tag.snapshot IN (\(select("snapshot.number", condition, newest: newest)))"
        let statement = try db.cachedStatement(sql: "SELECT snapshot_tag.snapshot, snapshot_tag.tag FROM \(source)")
        let cursor = try Row.fetchCursor(statement, arguments: condition.arguments)
        var lists: [Int64: [Tag]] = [:]
        while try cursor.next() != nil {
            var reader = RowReader(statement)
            let number = try reader.integer()
            lists[number, default: []].append(try reader.value { try Tag(parsing: $0) })
        }
        return try lists.mapValues { try Tags($0) }
    }
}
