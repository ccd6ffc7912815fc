// Taking in clones that were made by hand. The rule: the file stays where it is, untouched; what is taken in is a clone of it, so that
// nothing depends on a path that somebody else looks after.

import CloneCore
public import Policy
public import SystemPackage

extension Store {
    /// Makes a snapshot of each file: a clone in the source's directory, with the time of its last change or the given one.
    ///
    /// - Throws: what keeps one of them from being taken in; those before it are.
    public func adopt(files: [FilePath], into source: Source, takenAt: Instant?) throws(SnapshotsError) -> CreateReport {
        var report = CreateReport(snapshots: [], warnings: [])
        for path in files {
            let file = try beneath { () throws(CloneError) in try ImageFile(path: path.string, kernel: kernel) }
            let time = takenAt ?? Instant(clamping: file.status.modifiedAt)
            guard time <= now else { throw .timeInFuture(time) }
            // What a restore is to give back: the image's own attributes if it is there, else the file's.
            let image = try? ImageFile(path: source.imagePath.string, kernel: kernel)
            let prepared = try prepare(source, image: file, attributes: image ?? file)
            let lock = try lock(prepared.place, called: source.name)
            defer { withExtendedLifetime(lock) {} }
            try claim(prepared.place, for: source)
            report.warnings += try reconcileUnfinished(of: source.id, in: prepared.place, under: lock)
            let taken = try take([prepared], CreateRequest(sources: [source], origin: .adopted, takenAt: time))
            report.snapshots += taken.snapshots
            report.warnings += taken.warnings
        }
        return report
    }
}
