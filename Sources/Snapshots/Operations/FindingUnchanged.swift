// Whether a snapshot is worth taking: how much of an image differs from its newest snapshot, by their extent maps. The rules: it is found out
// under the locks, before any row is made or anything frozen; whatever can't be told counts as changed, so that in doubt a snapshot is taken.

import CloneCore
import Policy

/// A source of which no snapshot was taken, for too little had changed.
public struct UnchangedSource: Sendable, Hashable {
    /// The source.
    public var source: Source
    /// Its newest snapshot, which still says it all.
    public var newest: Snapshot
    /// The bytes of the image that differ from it.
    public var differingBytes: Int64
    /// With how many a snapshot would have been taken.
    public var limitBytes: Int64
}

extension Store {
    /// The sources, if so little of each differs from its newest snapshot that no new one is wanted; nil if one is to be taken.
    ///
    /// Writes out what is dirty first, as taking a snapshot does: what has not reached the image yet is a change, too.
    func findUnchanged(_ prepared: [PreparedSource], limit: Int64, _ job: CloneJob) throws(SnapshotsError) -> [UnchangedSource]? {
        var newest: [(snapshot: Snapshot, file: OpenFile)] = []
        for item in prepared {
            guard let found = try newestFile(of: item) else { return nil }
            newest.append(found)
        }
        try beneath { () throws(CloneError) in try job.synchronize() }
        var unchanged: [UnchangedSource] = []
        for (item, newest) in zip(prepared, newest) {
            guard let bytes = differingBytes(item.image.file, newest.file), bytes < UInt64(clamping: limit) else { return nil }
            unchanged.append(
                UnchangedSource(
                    source: item.source, newest: newest.snapshot, differingBytes: Int64(clamping: bytes), limitBytes: limit))
        }
        return unchanged
    }

    /// Logs that no snapshots were taken. What somebody did by hand is none of the schedule's business.
    func log(_ unchanged: [UnchangedSource], for origin: Origin) throws(SnapshotsError) {
        let kind = origin == .run ? EventKind.runUnchanged : .unchanged
        try catalogue.together { () throws(SnapshotsError) in
            for item in unchanged {
                try catalogue.append(
                    Event(
                        occasion(kind, "\(item.differingBytes) bytes differ"), sourceID: item.source.id,
                        sourceName: item.source.name, snapshotNumber: item.newest.number, snapshotID: item.newest.id))
            }
        }
    }

    /// The newest snapshot of a source, if its file is there, is what it should be, and lies on the image's pool: addresses of different
    /// pools say nothing of each other.
    private func newestFile(of item: PreparedSource) throws(SnapshotsError) -> (Snapshot, OpenFile)? {
        guard let snapshot = try catalogue.newest(of: item.source.id), let name = snapshot.fileName,
            snapshot.directory.pool == item.place.pool,
            case .identified(let place) = place(of: snapshot.directory, source: snapshot.sourceID),
            let (file, _) = try? place.open(name, expecting: snapshot.id)
        else { return nil }
        return (snapshot, file)
    }

    /// Nil where it can't be told.
    private func differingBytes(_ image: OpenFile, _ snapshot: OpenFile) -> UInt64? {
        do throws(CloneError) {
            // Lengths before maps: what an image grows by meanwhile is a change of later.
            let (size, formerSize) = (try image.status().size, try snapshot.status().size)
            let (map, former) = try ExtentMap.pair(image, snapshot)
            return map.differingBytes(from: former, size: size, otherSize: formerSize)
        } catch {
            return nil
        }
    }
}
