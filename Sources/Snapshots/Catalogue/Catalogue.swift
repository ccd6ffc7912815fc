// The record of all sources and snapshots: the one owner of the database. It offers verbs in the words of the domain, each a transaction, in
// files beside this one; nobody else sees SQL. The rule: what can be measured anew is not kept here, and every change of a snapshot's
// fate is logged in the transaction that makes it.

public import Policy
import GRDB
import Glibc
public import SystemPackage

/// An open catalogue. Its verbs are synchronous; several threads may call them, one at a time is served.
public final class Catalogue: Sendable {
    /// Where it is.
    public let path: FilePath
    /// What identifies it, in the records of its snapshots.
    public let id: Identifier
    /// Whether it is a picture of the moment of opening: of a catalogue on a filesystem that can't be written.
    public let isImmutable: Bool

    let mode: CatalogueMode
    let file: CatalogueFile
    let queue: DatabaseQueue

    private init(file: CatalogueFile, mode: CatalogueMode, queue: DatabaseQueue, id: Identifier, isImmutable: Bool) {
        self.mode = mode
        self.file = file
        self.path = file.path
        self.queue = queue
        self.id = id
        self.isImmutable = isImmutable
    }

    /// Opens the catalogue at that absolute path.
    ///
    /// - Parameters:
    ///   - path: An absolute path.
    ///   - mode: What it is opened for.
    ///   - now: The time of its making, if it is made.
    ///   - busyTimeout: How long to wait for another process, in seconds.
    ///   - whenFull: Whether the reserve may be given up if the disk is too full for opening.
    /// - Throws: ``SnapshotsError``: missing, lost, no catalogue, damaged, newer, locked, somebody else's, full, not writable.
    public static func open(
        path: FilePath, mode: CatalogueMode, now: Instant, busyTimeout: Double = 5, whenFull: CatalogueWhenFull = .refuse
    ) throws(SnapshotsError) -> Catalogue {
        guard whenFull == .useReserve else {
            return try openOnce(path: path, mode: mode, now: now, busyTimeout: busyTimeout, space: .ample)
        }
        let file = try CatalogueFile(path: path)
        // The reserve of a catalogue that is lost stays, to show that there was one.
        if try file.isThere(user: geteuid()), file.isOnFullFilesystem { CatalogueReserve(besides: path).giveUp() }
        let space: Space = file.hasLessFree(than: 16 << 20) ? .scarce : .ample
        return try openOnce(path: path, mode: mode, now: now, busyTimeout: busyTimeout, space: space)
    }

    private enum Space { case ample, scarce }

    private static func openOnce(
        path: FilePath, mode: CatalogueMode, now: Instant, busyTimeout: Double, space: Space
    ) throws(SnapshotsError) -> Catalogue {
        let file = try CatalogueFile(path: path)
        let user = geteuid()
        if try !file.isThere(user: user) {
            guard mode == .creating else { throw try file.isLost(user: user) ? .catalogueLost(path: path) : .catalogueMissing(path: path) }
            try file.create(id: .random(), at: now, user: user)
            CatalogueReserve(besides: path).restoreIfPossible()
            guard try file.isThere(user: user) else { throw .catalogueMissing(path: path) }
        }
        var isImmutable = mode == .reading && (file.isOnReadOnlyFilesystem || !file.directoryIsWritable && !file.hasLog)
        if mode != .reading {
            if file.isOnReadOnlyFilesystem { throw .catalogueNotWritable(path: path, problem: .readOnlyFilesystem) }
            guard file.directoryIsWritable else { throw .catalogueNotWritable(path: path, problem: .notPermitted) }
        }
        while true {
            do {
                let configuration = configuration(mode: mode, busyTimeout: busyTimeout, space: space)
                let queue =
                    isImmutable ? try file.picture(configuration) : try DatabaseQueue(path: path.string, configuration: configuration)
                let id = try queue.unsafeReentrantRead { db in try file.identify(db, mode: mode) }
                return Catalogue(file: file, mode: mode, queue: queue, id: id, isImmutable: isImmutable)
            } catch {
                let failure = file.failure(error)
                // Without room for SQLite's side files nobody can be writing, so a picture will do.
                guard mode == .reading, !isImmutable, case .catalogueFull = failure else { throw failure }
                isImmutable = true
            }
        }
    }

    private static func configuration(mode: CatalogueMode, busyTimeout: Double, space: Space) -> Configuration {
        var configuration = Configuration.keepingQueue()
        configuration.readonly = mode == .reading
        configuration.busyMode = .timeout(busyTimeout)
        // Whoever breaks a reference must learn it at once; the default of SQLite is off, that of GRDB on.
        configuration.foreignKeysEnabled = mode != .reading
        if mode != .reading {
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Whoever opens the catalogue next reads the log that is left, so it stays short (SQLite's own choice is 1000 pages);
                // and on a nearly full disk it must not eat up what the reserve has given.
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(space == .scarce ? 16 : 128)")
            }
        }
        return configuration
    }

    /// Ends the use of the catalogue. The verbs fail from then on.
    public func close() throws(SnapshotsError) {
        do { try queue.close() } catch { throw file.failure(error) }
    }
}

extension CatalogueFile {
    /// SQLite's spelling of a file that nobody writes: it is read without locks and log.
    var immutableURI: String {
        let plain = path.string.utf8.map { byte -> String in
            let isLetter = (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            let isPlain = isLetter || (0x30...0x39).contains(byte) || "/._-".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
        }
        return "file:" + plain.joined() + "?immutable=1"
    }

    /// The catalogue's UUID, after a look at its form; an older form is brought up to date if it may be written.
    func identify(_ db: Database, mode: CatalogueMode) throws -> Identifier {
        let mark = try Schema.mark(of: db)
        guard mark.applicationID == Schema.applicationID else { throw SnapshotsError.notACatalogue(path: path, problem: .foreign) }
        guard mark.version <= Schema.version else {
            throw SnapshotsError.catalogueNewer(path: path, version: mark.version, known: Schema.version)
        }
        if mark.version < Schema.version {
            // Who only reads may not be able to write; the next command that writes brings it up to date.
            if mode == .reading, let imitation = Schema.imitations[mark.version] {
                try db.execute(sql: imitation)
                return try identity(db)
            }
            guard mode != .reading else { throw SnapshotsError.catalogueNotWritable(path: path, problem: .openedForReading) }
            try db.inTransaction(.immediate) {
                try Schema.migrate(db)
                return .commit
            }
        }
        return try identity(db)
    }

    private func identity(_ db: Database) throws -> Identifier {
        guard let text = try String.fetchOne(db, sql: "SELECT id FROM meta"), let id = Identifier(parsing: text) else {
            throw SnapshotsError.catalogueCorrupt(path: path, detail: "it has no identity")
        }
        return id
    }
}
