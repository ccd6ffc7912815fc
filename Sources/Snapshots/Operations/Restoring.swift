// Giving an image back. In place: first a safety snapshot of what is there, then the restored image takes its name in one step. The rule:
// an image that is mounted, open for writing or known by other names is refused, and what is replaced is the very file that was
// checked; whatever fails, the old image is still there.

import Policy
import CloneCore
import Glibc
import SystemPackage

extension Store {
    /// What a restore would do. Changes nothing; throws what would keep it from being done, as far as that can be told before.
    public func planRestore(_ listed: ListedSnapshot, to target: RestoreTarget) throws(SnapshotsError) -> RestorePlan {
        _ = try presentPlace(of: listed.snapshot)
        if listed.presence == .missing {
            throw .fileMissing(number: listed.snapshot.number, path: listed.snapshot.path ?? listed.snapshot.directory.path)
        }
        switch target {
        case .newFile(let path):
            if (try? kernel.statusOf(workingDirectory, path.string)) != nil { throw .fileExists(path: path) }
            return RestorePlan(snapshot: listed, path: path, replaces: false, takesSafetySnapshot: false)
        case .inPlace:
            let path = try imagePath(of: listed.snapshot)
            let image = try replaceableImage(at: path)
            return RestorePlan(snapshot: listed, path: path, replaces: image != nil, takesSafetySnapshot: image != nil)
        }
    }

    /// Restores.
    public func restore(_ listed: ListedSnapshot, to target: RestoreTarget) throws(SnapshotsError) -> RestoreReport {
        let plan = try planRestore(listed, to: target)
        let place = try presentPlace(of: listed.snapshot)
        let lock = try lock(place, of: listed.snapshot)
        defer { withExtendedLifetime(lock) {} }
        guard let row = try catalogue.snapshot(listed.snapshot.number), row.state == .complete, let name = row.fileName else {
            throw .unknownSnapshot(reference: listed.snapshot.number.description, nearest: [])
        }
        let (snapshot, _) = try place.open(name, expecting: row.id)
        let destination = try RestoreDestination(plan.path, kernel: kernel)

        var report = RestoreReport(plan: plan, safety: nil, warnings: [])
        // Held from before the safety snapshot to after the exchange: nobody can write in between what would be lost.
        let replaced = plan.replaces ? try replaceableImage(at: plan.path) : nil
        if let replaced {
            let taken = try takeSafety(of: row, image: replaced, lock: lock)
            report.safety = taken.snapshots.first
            report.warnings += taken.warnings
        }
        let restored = try destination.makeClone(of: snapshot, attributes: row.image)
        if let replaced {
            try destination.exchange(restored, with: replaced, id: row.id)
        } else {
            try destination.publish(restored)
        }
        let event = occasion(.restored, plan.path.string)
        try catalogue.append(
            Event(event, sourceID: row.sourceID, sourceName: row.sourceName, snapshotNumber: row.number, snapshotID: row.id))
        return report
    }

    /// Where the image is now, if its source is still in use; else where it was.
    private func imagePath(of snapshot: Snapshot) throws(SnapshotsError) -> FilePath {
        try catalogue.source(id: snapshot.sourceID)?.imagePath ?? snapshot.imagePath
    }

    /// The image at a path, proved to be in nobody's use and leased; nil if there is none.
    private func replaceableImage(at path: FilePath) throws(SnapshotsError) -> ImageFile? {
        let image: ImageFile
        do throws(CloneError) {
            image = try ImageFile(path: path.string, kernel: kernel)
        } catch .noSuchFile {
            return nil
        } catch .emptyImage {
            // Somebody may have truncated it; there is nothing in it to be saved, but it is not ours to remove either.
            throw .fileExists(path: path)
        } catch {
            throw .clone(error)
        }
        if image.status.links > 1 { throw .imageHasLinks(path: path, count: image.status.links) }
        let flags = (try? kernel.inodeFlags(image.file.descriptor)) ?? []
        if !flags.isDisjoint(with: [.immutable, .appendOnly]) { throw .imageProtected(path: path) }
        switch try beneath({ () throws(CloneError) in
            try ImageLocator(view: options.view).use(of: image.identity, path: path.string)
        }) {
        case .detached: break
        case .attachedReadOnly(let device): throw .imageInUse(path: path, by: "the loop device \(device)")
        case .mounted(let filesystems): throw .imageInUse(path: path, by: filesystems.last?.mountPoint ?? "a mount")
        }
        do {
            try kernel.takeLease(image.file.descriptor)
        } catch .wouldBlock {
            throw .imageInUse(path: path, by: "a program that has it open for writing")
        } catch {
            throw .clone(.cannotProveUnused(path: path.string))
        }
        return image
    }

    private func takeSafety(of row: Snapshot, image: ImageFile, lock: FileLock) throws(SnapshotsError) -> CreateReport {
        guard let source = try catalogue.source(id: row.sourceID) else {
            throw .unknownSource(reference: row.sourceName.text, nearest: [])
        }
        let place = try SnapshotPlace.prepare(for: source, catalogue: catalogue.id, kernel: kernel)
        // The source may have moved since: then its new directory has a lock of its own.
        let isSame = place.path == row.directory.path
        // Opened anew: taking the snapshot ends its own lease, and ours on `image` must last until the exchange.
        let same = try beneath { () throws(CloneError) in try ImageFile(path: image.path, kernel: kernel) }
        guard same.identity == image.identity else { throw .imageChanged(path: FilePath(image.path)) }
        let prepared = PreparedSource(
            source: source, image: same, place: place, attributes: try ImageAttributes(of: image.file, kernel: kernel),
            lock: isSame ? lock : try self.lock(place, called: source.name))
        return try take([prepared], CreateRequest(sources: [source], origin: .safety))
    }
}
