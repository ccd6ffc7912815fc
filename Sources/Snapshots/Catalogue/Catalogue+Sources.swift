// The catalogue's verbs about sources. A source that is removed while its snapshots stay listed keeps its row, but frees its name and
// image: the same name used again is a new source.

public import CloneCore
public import Policy
import GRDB
public import SystemPackage

/// Which sources are meant.
public enum SourceSelection: Sendable, Hashable {
    /// Those in use.
    case inUse
    /// Those, and the removed ones whose snapshots stay listed.
    case all
}

/// What removing a source does with its snapshots.
public enum SourceRemoval: Sendable, Hashable {
    /// It is refused while there are any.
    case withoutSnapshots
    /// They stay in the list.
    case keepingSnapshotsListed
}

extension Catalogue {
    /// Registers a source.
    ///
    /// - Throws: ``SnapshotsError/sourceNameTaken(name:image:)``, ``SnapshotsError/imageTaken(path:name:)``,
    ///   ``SnapshotsError/invalidPath(path:problem:)``, and the catalogue's own errors; so do the other verbs.
    public func add(_ source: Source, event occasion: Occasion) throws(SnapshotsError) {
        try Self.check(source.imagePath)
        if let directory = source.snapshotDirectory { try Self.check(directory) }
        try write { db in
            // A removed one, kept for its snapshots (a rebuilt catalogue), takes neither name nor image.
            if !source.isRemoved { try Self.checkIsFree(db, name: source.name, image: source.imagePath) }
            try db.cachedStatement(
                sql: """
                    INSERT INTO source
                        (id, name, image_path, snapshot_directory, pool_type, pool_uuid, policy, scope, created_at, removed_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                source.id.description, source.name.text, source.imagePath.string, source.snapshotDirectory?.string, source.pool?.type,
                source.pool?.uuid, source.policy, source.scope?.rawValue, source.createdAt.milliseconds, source.removedAt?.milliseconds,
            ])
            try EventRow.insert(db, Event(occasion, sourceID: source.id, sourceName: source.name))
        }
    }

    /// The sources, in the order in which they were registered.
    public func sources(_ selection: SourceSelection = .inUse) throws(SnapshotsError) -> [Source] {
        try read { db in
            try SourceRow.fetch(db, where: selection == .all ? "1" : "removed_at IS NULL").map(\.source)
        }
    }

    /// The source in use by that name.
    public func source(named name: SourceName) throws(SnapshotsError) -> Source? {
        try read { db in try SourceRow.fetch(db, where: "name = ? AND removed_at IS NULL", [name.text]).first?.source }
    }

    /// The source of that UUID, removed or not.
    public func source(id: Identifier) throws(SnapshotsError) -> Source? {
        try read { db in try SourceRow.fetch(db, where: "id = ?", [id.description]).first?.source }
    }

    /// The source in use with that image.
    public func source(image path: FilePath) throws(SnapshotsError) -> Source? {
        try read { db in try SourceRow.fetch(db, where: "image_path = ? AND removed_at IS NULL", [path.string]).first?.source }
    }

    /// Who owned a source's image when its complete snapshots were taken, each once, the owner of the newest first.
    func imageOwners(of id: Identifier) throws(SnapshotsError) -> [UInt32] {
        try read { db in
            try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT image_user FROM snapshot JOIN source ON source.row = snapshot.source
                        WHERE source.id = ? AND state = 'complete' GROUP BY image_user ORDER BY max(number) DESC
                        """), arguments: [id.description]
            ).map { UInt32(clamping: $0) }
        }
    }

    /// Gives a source another name.
    public func rename(_ id: Identifier, to name: SourceName, event occasion: Occasion) throws(SnapshotsError) {
        try changeSource(id, event: occasion) { db, source in
            try Self.checkIsFree(db, name: name, image: nil, except: id)
            source.name = name
        }
    }

    /// Says where a source's image is now.
    public func move(_ id: Identifier, to imagePath: FilePath, event occasion: Occasion) throws(SnapshotsError) {
        try Self.check(imagePath)
        try changeSource(id, event: occasion) { db, source in
            try Self.checkIsFree(db, name: nil, image: imagePath, except: id)
            source.imagePath = imagePath
        }
    }

    /// Says where a source's snapshots shall go (nil: to the default place), and on what pool it is (nil: not known).
    public func place(
        _ id: Identifier, snapshotDirectory: FilePath?, pool: PoolIdentity?, event occasion: Occasion? = nil
    ) throws(SnapshotsError) {
        if let snapshotDirectory { try Self.check(snapshotDirectory) }
        try changeSource(id, event: occasion) { _, source in
            source.snapshotDirectory = snapshotDirectory
            source.pool = pool
        }
    }

    /// Says what policy a source has, and what it judges.
    public func assign(_ id: Identifier, policy: String?, scope: Scope?) throws(SnapshotsError) {
        try changeSource(id, event: nil) { _, source in
            source.policy = policy
            source.scope = scope
        }
    }

    /// Takes a source out of use.
    ///
    /// - Throws: ``SnapshotsError/sourceHasSnapshots(name:count:)`` when it has some and they are not to stay listed.
    public func remove(_ id: Identifier, _ removal: SourceRemoval, event occasion: Occasion) throws(SnapshotsError) {
        try write { db in
            let found = try SourceRow.fetch(db, id: id)
            let count =
                try Int.fetchOne(
                    db.cachedStatement(sql: "SELECT count(*) FROM snapshot WHERE source = ?"), arguments: [found.row]) ?? 0
            if count > 0, removal == .withoutSnapshots {
                throw SnapshotsError.sourceHasSnapshots(name: found.source.name, count: count)
            }
            if count > 0 {
                try db.cachedStatement(sql: "UPDATE source SET removed_at = ? WHERE row = ?")
                    .execute(arguments: [occasion.at.milliseconds, found.row])
            } else {
                try db.cachedStatement(sql: "DELETE FROM source WHERE row = ?").execute(arguments: [found.row])
            }
            try EventRow.insert(db, Event(occasion, sourceID: id, sourceName: found.source.name))
        }
    }

    // MARK: Shared

    private func changeSource(
        _ id: Identifier, event occasion: Occasion?, _ change: (Database, inout Source) throws -> Void
    ) throws(SnapshotsError) {
        try write { db in
            let found = try SourceRow.fetch(db, id: id)
            var source = found.source
            try change(db, &source)
            try db.cachedStatement(
                sql: """
                    UPDATE source SET name = ?, image_path = ?, snapshot_directory = ?, pool_type = ?, pool_uuid = ?, policy = ?, scope = ?
                    WHERE row = ?
                    """
            ).execute(arguments: [
                source.name.text, source.imagePath.string, source.snapshotDirectory?.string, source.pool?.type, source.pool?.uuid,
                source.policy, source.scope?.rawValue, found.row,
            ])
            if let occasion { try EventRow.insert(db, Event(occasion, sourceID: id, sourceName: source.name)) }
        }
    }

    private static func checkIsFree(_ db: Database, name: SourceName?, image: FilePath?, except id: Identifier? = nil) throws {
        if let name, let other = try SourceRow.fetch(db, where: "name = ? AND removed_at IS NULL", [name.text]).first, other.source.id != id
        {
            throw SnapshotsError.sourceNameTaken(name: name, image: other.source.imagePath)
        }
        if let image, let other = try SourceRow.fetch(db, where: "image_path = ? AND removed_at IS NULL", [image.string]).first,
            other.source.id != id
        {
            throw SnapshotsError.imageTaken(path: image, name: other.source.name)
        }
    }

    /// Only a path that can stand in JSON and be joined to can be recorded.
    static func check(_ path: FilePath) throws(SnapshotsError) {
        if let problem = path.problem { throw .invalidPath(path: path, problem: problem) }
    }
}
