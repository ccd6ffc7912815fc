// Taking in clones that were made by hand. The rules: the file stays where it is, untouched; what is taken in is a clone of it, so that
// nothing depends on a path that somebody else looks after. Files are independent: one that fails does not stop the others.

import CloneCore
public import Policy
public import SystemPackage

/// What became of files that were to be taken in.
public struct AdoptReport: Sendable {
    /// The snapshots, in the order of the files.
    public var snapshots: [ListedSnapshot]
    /// The files that could not be taken in, and why.
    public var failed: [(path: FilePath, error: SnapshotsError)]
    /// What the user should know.
    public var warnings: [StoreWarning] = []

    /// That report.
    public init(snapshots: [ListedSnapshot] = [], failed: [(path: FilePath, error: SnapshotsError)] = []) {
        self.snapshots = snapshots
        self.failed = failed
    }
}

extension Store {
    /// Makes a snapshot of each file: a clone in the source's directory, with the time of its last change or the given one.
    public func adopt(files: [FilePath], into source: Source, takenAt: Instant?) -> AdoptReport {
        var report = AdoptReport()
        for path in files {
            do throws(SnapshotsError) {
                // The row as it is by now: the first file may have been the source's first snapshot.
                try adopt(path, into: try catalogue.source(id: source.id) ?? source, takenAt: takenAt, &report)
            } catch {
                report.failed.append((path, error))
            }
        }
        return report
    }

    private func adopt(_ path: FilePath, into source: Source, takenAt: Instant?, _ report: inout AdoptReport) throws(SnapshotsError) {
        let file = try beneath { () throws(CloneError) in try ImageFile(path: path.string, kernel: kernel) }
        let time = takenAt ?? Instant(clamping: file.status.modifiedAt)
        guard time <= now else { throw .timeInFuture(time) }
        // What a restore is to give back: the image's own attributes if it is there, else the file's.
        let image = try? openImage(of: source)
        let prepared = try prepare(source, image: file, attributes: image ?? file)
        let lock = try lock(prepared.place, called: source.name)
        defer { withExtendedLifetime(lock) {} }
        try claim(prepared.place, for: source)
        report.warnings += try reconcileUnfinished(of: source.id, in: prepared.place, under: lock)
        let taken = try take([prepared], CreateRequest(sources: [source], origin: .adopted, takenAt: time))
        report.snapshots += taken.snapshots
        report.warnings += taken.warnings
    }
}
