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
        try openRestore(listed, to: target).plan
    }

    /// The plan, and its place, held: whatever its path leads to later, the image is made there.
    private func openRestore(
        _ listed: ListedSnapshot, to target: RestoreTarget
    ) throws(SnapshotsError) -> (plan: RestorePlan, destination: RestoreDestination) {
        let place = try presentPlace(of: listed.snapshot)
        if listed.presence == .missing {
            throw .fileMissing(number: listed.snapshot.number, path: listed.snapshot.path ?? listed.snapshot.directory.path)
        }
        switch target {
        case .newFile(let path):
            let destination = try RestoreDestination(path, kernel: kernel)
            if try destination.isTaken() { throw .fileExists(path: path) }
            try check(destination, isOnPoolOf: listed.snapshot, in: place, replaces: false)
            let plan = RestorePlan(snapshot: listed, path: destination.path, replaces: false, takesSafetySnapshot: false)
            return (plan, destination)
        case .inPlace:
            let source = try catalogue.source(id: listed.snapshot.sourceID)
            let path = source?.imagePath ?? listed.snapshot.imagePath
            let image = try replaceableImage(at: path, of: source)
            let destination = try RestoreDestination(path, kernel: kernel)
            try check(destination, isOnPoolOf: listed.snapshot, in: place, replaces: true)
            return (RestorePlan(snapshot: listed, path: path, replaces: image != nil, takesSafetySnapshot: image != nil), destination)
        }
    }

    /// Restores. A store that was opened for reading makes an image where there is none, and logs nothing.
    public func restore(_ listed: ListedSnapshot, to target: RestoreTarget) throws(SnapshotsError) -> RestoreReport {
        let (plan, destination) = try openRestore(listed, to: target)
        let source = plan.replaces ? try catalogue.source(id: listed.snapshot.sourceID) : nil
        let (place, locks, warnings) = try lockForRestore(listed.snapshot, safetyOf: source)
        defer { withExtendedLifetime(locks) {} }
        guard let row = try catalogue.snapshot(listed.snapshot.number), row.state == .complete, let name = row.fileName else {
            throw .unknownSnapshot(reference: listed.snapshot.number.description, nearest: [])
        }
        let (snapshot, _) = try place.open(name, expecting: row.id)

        var report = RestoreReport(plan: plan, safety: nil, warnings: warnings)
        // Leased from before the safety snapshot to after the exchange: nobody can write in between what would be lost.
        let replaced = plan.replaces ? try replaceableImage(at: plan.path, of: source) : nil
        let restored = try destination.makeClone(of: snapshot, attributes: row.image, progress: options.progress)
        if let replaced {
            guard let source else { throw .unknownSource(reference: row.sourceName.text, nearest: []) }
            let taken = try takeSafety(of: source, image: replaced)
            report.safety = taken.snapshots.first
            report.warnings += taken.warnings
            report.warnings += try destination.exchange(restored, with: replaced, id: row.id, catalogue: catalogue.id)
            clearImageLocks(of: [replaced.identity], in: options.places, kernel: kernel)
        } else {
            try destination.publish(restored)
        }
        guard catalogue.mode != .reading else { return report }
        do throws(SnapshotsError) {
            try catalogue.append(Event(occasion(.restored, plan.path.string), row))
        } catch {
            // It is restored all the same.
            report.warnings.append(.notLogged(problem: error.message))
        }
        return report
    }

    /// What can't be told here the clone itself tells.
    private func check(
        _ destination: RestoreDestination, isOnPoolOf snapshot: Snapshot, in place: SnapshotPlace, replaces: Bool
    ) throws(SnapshotsError) {
        let pool: PoolIdentity?
        do throws(CloneError) {
            pool = try PoolIdentity.of(destination.directory.descriptor, path: destination.directory.path)
        } catch .poolHasNoUUID {
            pool = nil
        } catch {
            return
        }
        guard pool != place.pool else { return }
        throw .restoreElsewhere(snapshot: snapshot.path ?? place.path, target: destination.path, replaces: replaces)
    }

    /// Locks the snapshot's directory and, if it is another by now, the one that the safety snapshot goes to.
    private func lockForRestore(
        _ snapshot: Snapshot, safetyOf source: Source?
    ) throws(SnapshotsError) -> (place: SnapshotPlace, locks: DirectoryLocks, warnings: [StoreWarning]) {
        let place = try presentPlace(of: snapshot)
        var places = [(place: place, name: snapshot.sourceName)]
        if let source {
            let image = try openImage(of: source)
            places.append((try prepare(source, image: image, attributes: image).place, source.name))
        }
        let locks = try lock(places)
        if let source, let last = places.last { try claim(last.place, for: source) }
        guard catalogue.mode != .reading else { return (place, locks, []) }
        var warnings: [StoreWarning] = []
        for item in places { warnings += try reconcileUnfinished(of: snapshot.sourceID, in: item.place, under: locks) }
        return (place, locks, warnings)
    }

    /// The image at a path, proved to be in nobody's use and leased; nil if there is none.
    private func replaceableImage(at path: FilePath, of source: Source?) throws(SnapshotsError) -> ImageFile? {
        let image: ImageFile
        do throws(SnapshotsError) {
            image = try openImage(at: path, of: source)
        } catch .clone(.noSuchFile) {
            // Deleted, but perhaps still mounted: what is there now, and what is written there on, would be gone with the next unmount.
            if let loop = options.view.loopDevices().first(where: { $0.unmarkedPath == path.string }) {
                throw .imageInUse(path: path, by: "the loop device \(loop.path), which still has the deleted file")
            }
            return nil
        } catch .clone(.emptyImage) {
            // Somebody may have truncated it; there is nothing in it to be saved, but it is not ours to remove either.
            throw .fileExists(path: path)
        } catch {
            throw error
        }
        if image.status.links > 1 { throw .imageHasLinks(path: path, count: image.status.links) }
        let flags = (try? kernel.inodeFlags(image.file.descriptor)) ?? []
        if !flags.isDisjoint(with: [.immutable, .appendOnly]) { throw .imageProtected(path: path) }
        let use: ImageUse
        do throws(CloneError) {
            use = try ImageLocator(view: options.view, kernel: kernel).steadyUse(of: image.identity, path: path.string)
        } catch .refused(.attachedNotMounted(_, let device)) {
            // What a clone could do about it (mounting it, taking it live) is no way to replace it.
            throw .imageInUse(path: path, by: "the loop device \(device)")
        } catch {
            throw .clone(error)
        }
        switch use {
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

    private func takeSafety(of source: Source, image replaced: ImageFile) throws(SnapshotsError) -> CreateReport {
        // Opened anew: a clone gives the lease of its descriptor back when it is done, and ours must stay.
        let image = try openImage(at: FilePath(replaced.path), of: source)
        guard image.identity == replaced.identity else { throw .imageChanged(path: FilePath(replaced.path)) }
        return try take(
            [try prepare(source, image: image, attributes: image)], CreateRequest(sources: [source], origin: .safety))
    }
}
