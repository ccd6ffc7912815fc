// A source that the catalogue does not know, though a snapshot directory carries its mark: the catalogue was restored from a copy that is older than
// the source. The rule: the source comes back as the newest record in the directory tells it, with the UUID of the mark; where another source has its
// name or image by now, it is listed as removed, for one of both must be the one in use.

import CloneCore
import Policy
public import SystemPackage

extension Store {
    /// Whether there is a directory at that path that carries a mark, whoever's.
    public func isSnapshotDirectory(_ path: FilePath) -> Bool {
        (try? SnapshotPlace.open(path, kernel: kernel).mark()) != nil
    }

    /// The source whose mark a directory carries, taken in again if the catalogue does not know it.
    ///
    /// - Returns: the source, and the directory; a step if the source was taken in, or would be.
    /// - Throws: ``SnapshotsError/directoryOfAnotherCatalogue(path:)``, ``SnapshotsError/sourceNotRecorded(path:)``
    func markedSource(
        of path: FilePath, isDryRun: Bool
    ) throws(SnapshotsError) -> (source: Source, directory: SnapshotDirectory, step: RepairStep?) {
        let place = try SnapshotPlace.open(path, kernel: kernel)
        let lock = try isDryRun ? .none : DirectoryLocks.take([(place, path.string)], waiting: options.wait, options)
        defer { withExtendedLifetime(lock) {} }
        guard let mark = try place.mark() else { throw .directoryNotMarked(path: path) }
        guard mark.catalogueID == catalogue.id else { throw .directoryOfAnotherCatalogue(path: path) }
        if let known = try catalogue.source(id: mark.sourceID) { return (known, place.directory, nil) }
        guard let record = try newestRecord(in: place, of: mark) else { throw .sourceNotRecorded(path: path) }
        let event = occasion(.sourceAdded, "taken in again from \(path)")
        let source =
            try isDryRun ? Source(record, in: place, at: now) : catalogue.addSource(of: record, in: place, event: event)
        let detail = source.isRemoved ? "the source itself, as a removed one: its name or image is another's" : "the source itself"
        return (source, place.directory, RepairStep(kind: .adopted, source: source.name, path: path, detail: detail))
    }

    private func newestRecord(in place: SnapshotPlace, of mark: DirectoryMark) throws(SnapshotsError) -> SnapshotRecord? {
        var newest: SnapshotRecord?
        for name in try place.names().compactMap({ SnapshotFileName($0) }) {
            guard case .whole(let record) = try place.find(name)?.content, record.catalogueID == mark.catalogueID,
                record.sourceID == mark.sourceID
            else { continue }
            if newest.map({ $0.isOlder(than: record) }) ?? true { newest = record }
        }
        return newest
    }
}

extension SnapshotRecord {
    /// Of two at one time the one with the lower number is the older.
    func isOlder(than other: SnapshotRecord) -> Bool { (takenAt, number) < (other.takenAt, other.number) }
}

extension Source {
    /// What a record says of its source, whose snapshots lie in that directory.
    fileprivate init(_ record: SnapshotRecord, in place: SnapshotPlace, at now: Instant) {
        self.init(id: record.sourceID, name: record.sourceName, imagePath: record.imagePath, pool: place.pool, createdAt: now)
        if SnapshotPlace.path(of: self) != place.path { snapshotDirectory = place.path }
    }
}

extension Catalogue {
    /// Registers the source that a record tells of; as a removed one if its name or image is taken.
    func addSource(of record: SnapshotRecord, in place: SnapshotPlace, event: Occasion) throws(SnapshotsError) -> Source {
        var source = Source(record, in: place, at: event.at)
        do throws(SnapshotsError) {
            try add(source, event: event)
        } catch .sourceNameTaken, .imageTaken {
            source.removedAt = event.at
            try add(source, event: event)
        }
        return source
    }
}
