// From sources to what a snapshot needs: the image open, the directory there, locked and marked. The rule: whatever shows that there can be no
// snapshot is found before anything is made, and a pool that is not the one remembered is not written to (promise P6); nor is a directory made
// or marked in the place of one that holds snapshots, for it could be a mount that is missing.

import CloneCore
import SystemPackage

/// One source of a request, opened and locked.
struct PreparedSource {
    let source: Source
    let image: ImageFile
    let place: SnapshotPlace
    let attributes: ImageAttributes
}

extension Store {
    /// Opens images and directories of sources, and takes all their locks.
    func prepare(_ sources: [Source]) throws(SnapshotsError) -> (prepared: [PreparedSource], locks: DirectoryLocks) {
        var prepared: [PreparedSource] = []
        var locks: DirectoryLocks?
        do throws(SnapshotsError) {
            for source in sources {
                let image = try openImage(of: source)
                if let other = prepared.first(where: { $0.image.identity == image.identity }) {
                    throw .imageTaken(path: source.imagePath, name: other.source.name)
                }
                prepared.append(try prepare(source, image: image, attributes: image))
            }
            let taken = try lock(prepared.map { ($0.place, $0.source.name) })
            locks = taken
            for item in prepared {
                try checkIsStillNew(item.source)
                try claim(item.place, for: item.source)
            }
            return (prepared, taken)
        } catch {
            removeNewDirectories(of: prepared, areLocked: locks != nil)
            throw error
        }
    }

    /// Throws what can be seen to be in the way of `prepare`, and waits for locks as it does, without making or marking anything.
    func checkPrepare(_ sources: [Source]) throws(SnapshotsError) {
        var images: [FileIdentity: SourceName] = [:]
        var found: [(place: SnapshotPlace, source: Source)] = []
        for source in sources {
            let image = try openImage(of: source)
            if let other = images.updateValue(source.name, forKey: image.identity) {
                throw .imageTaken(path: source.imagePath, name: other)
            }
            let place = try namingExposed(source) { () throws(SnapshotsError) in
                try SnapshotPlace.find(for: source, image: image, kernel: kernel) { (directory) throws(SnapshotsError) in
                    try checkMayMake(directory, for: source)
                }.place
            }
            if let place { found.append((place, source)) }
        }
        let locks = try lock(found.map { ($0.place, $0.source.name) })
        defer { withExtendedLifetime(locks) {} }
        for source in sources { try checkIsStillNew(source) }
        for item in found { _ = try missingMark(of: item.place, for: item.source) }
    }

    /// An image that was new when it was looked up may have been registered by another process before we got the lock.
    private func checkIsStillNew(_ source: Source) throws(SnapshotsError) {
        guard try catalogue.source(id: source.id) == nil, try registered(source.imagePath) != nil else { return }
        throw .clone(.locked(what: source.imagePath.string, holder: nil))
    }

    /// Takes away the directories that were made for snapshots which then were refused. One of which the catalogue has a row stays.
    func removeNewDirectories(of prepared: [PreparedSource], areLocked: Bool) {
        // Nearly always none was made: then the catalogue need not be asked.
        for item in prepared
        where item.place.made > 0 && (try? catalogue.sources(withSnapshotsIn: item.place.directory))?.isEmpty == true {
            item.place.removeIfNew(isLocked: areLocked)
        }
    }

    /// Opens a source's directory for a clone of `image`, which need not be the source's own. Not locked and not marked yet.
    func prepare(_ source: Source, image: ImageFile, attributes model: ImageFile) throws(SnapshotsError) -> PreparedSource {
        let place = try namingExposed(source) { () throws(SnapshotsError) in
            try SnapshotPlace.prepare(for: source, image: image, kernel: kernel) { (directory) throws(SnapshotsError) in
                try checkMayMake(directory, for: source)
            }
        }
        return PreparedSource(
            source: source, image: image, place: place, attributes: try ImageAttributes(of: model.file, kernel: kernel))
    }

    /// What is thrown of a directory that others could change, with the source whose it is: the hint depends on that.
    private func namingExposed<Found>(
        _ source: Source, _ find: () throws(SnapshotsError) -> Found
    ) throws(SnapshotsError) -> Found {
        do throws(SnapshotsError) {
            return try find()
        } catch .directoryExposed(let path, let exposure, _) {
            let isRegistered = try catalogue.source(id: source.id) != nil
            throw .directoryExposed(
                path: path, exposure: exposure,
                source: ExposedSource(name: source.name, image: source.imagePath, isRegistered: isRegistered))
        } catch {
            throw error
        }
    }

    /// Throws if a directory that is not there must not be made, for snapshots should be in it.
    private func checkMayMake(_ directory: SnapshotDirectory, for source: Source) throws(SnapshotsError) {
        let owners = try catalogue.sources(withSnapshotsIn: directory)
        if owners.contains(source.id) { throw .directoryMissing(path: directory.path, source: source.name) }
        if !owners.isEmpty { throw .directoryOfAnotherSource(path: directory.path) }
    }

    /// Sees to it that a directory, which is locked, carries the mark of a source.
    func claim(_ place: SnapshotPlace, for source: Source) throws(SnapshotsError) {
        if let mark = try missingMark(of: place, for: source) { try place.setMark(mark) }
    }

    /// The mark that a directory, which is locked, needs to be a source's; nil: it has it. Throws if it can't be that source's.
    private func missingMark(of place: SnapshotPlace, for source: Source) throws(SnapshotsError) -> DirectoryMark? {
        // Another process had made it, was refused, and took it away, before we got the lock.
        if try place.isRemoved() { throw .clone(.locked(what: place.path.string, holder: nil)) }
        let before = try place.mark()
        if let mark = before {
            guard mark.catalogueID == catalogue.id else { throw .directoryOfAnotherCatalogue(path: place.path) }
            if mark.sourceID == source.id { return nil }
            // An empty one that a source left behind which is known no more is anybody's.
            guard try catalogue.source(id: mark.sourceID) == nil else { throw .directoryOfAnotherSource(path: place.path) }
            guard try place.names().isEmpty else { throw .directoryOfUnknownSource(path: place.path) }
        }
        // Where snapshots should lie there was a mark: this is the directory beneath a mount, or one that somebody has made anew.
        guard try catalogue.sources(withSnapshotsIn: place.directory).isEmpty else { throw .directoryNotMarked(path: place.path) }
        return DirectoryMark(sourceID: source.id, catalogueID: catalogue.id, highestNumber: before?.highestNumber)
    }
}
