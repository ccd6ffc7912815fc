// Sources: found by name, image or mount point, registered, renamed, moved, removed. The rule: an image is one source, by whatever path
// it is named.

import CloneCore
import Glibc
public import SystemPackage

/// A source with what its snapshots say of it.
public struct ListedSource: Sendable {
    /// The source.
    public var source: Source
    /// How many complete snapshots it has.
    public var snapshotCount: Int
    /// The newest of them.
    public var newest: Snapshot?
    /// Whether the directory for its next snapshot is there: `missing` says that it is not, and that no snapshot should lie in it.
    public var presence: Presence
    /// Whether its image is there, as far as it can be told.
    public var hasImage: Bool
    /// Where its next snapshot goes.
    public var snapshotDirectory: FilePath
}

extension Store {
    /// The sources, in the order in which they were registered.
    public func sources(_ selection: SourceSelection = .inUse) throws(SnapshotsError) -> [ListedSource] {
        let counts = try catalogue.completeCounts()
        return try catalogue.sources(selection).map { (source) throws(SnapshotsError) in
            let newest = try catalogue.newest(of: source.id)
            let path = SnapshotPlace.path(of: source)
            var presence = Presence.present
            if let pool = source.pool {
                let directory = SnapshotDirectory(path: path, pool: pool)
                switch place(of: directory, source: source.id) {
                case .identified: break
                case .unavailable(.directoryMissing) where try catalogue.sources(withSnapshotsIn: directory).isEmpty: presence = .missing
                case .unavailable: presence = .unavailable
                }
            }
            return ListedSource(
                source: source, snapshotCount: counts[source.id] ?? 0, newest: newest, presence: presence,
                hasImage: hasImage(source), snapshotDirectory: path)
        }
    }

    /// Only "no such file" means that there is none.
    private func hasImage(_ source: Source) -> Bool {
        do throws(CloneError) {
            return try findMindingLinks(source.imagePath.string, kernel: kernel).file != nil
        } catch .noSuchFile, .notADirectory {
            return false
        } catch {
            return true
        }
    }

    /// The source that is meant, which must be known.
    public func find(_ reference: SourceReference) throws(SnapshotsError) -> Source {
        guard case .path(let path) = reference else { return try catalogue.sources(.all).resolve(reference) }
        let image = try imagePath(behind: path)
        if let source = try registered(image) { return source }
        return try catalogue.sources(.all).resolve(.path(image))
    }

    /// The source that is meant. For an image or mount point that is new, a source that is registered with its first snapshot, under the
    /// image's name without its extension.
    public func findOrPropose(_ reference: SourceReference) throws(SnapshotsError) -> Source {
        guard case .path(let path) = reference else {
            let source = try find(reference)
            // One that was taken out of use gets no more snapshots: no prune would remove them unless it is named.
            guard !source.isRemoved else { throw .unknownSource(reference: source.name.text, nearest: []) }
            return source
        }
        let image = try imagePath(behind: path)
        if let source = try registered(image) { return source }
        if let source = try sourceWithoutImage(for: image) { throw .imageMoved(name: source.name, from: source.imagePath, to: image) }
        let name: SourceName
        do throws(SnapshotsError) {
            name = try SourceName(parsing: image.stem ?? "")
        } catch {
            throw .noNameFromImage(path: image, problem: error.message)
        }
        do throws(SnapshotsError) {
            return try newSource(name: name, image: image, directory: nil)
        } catch .sourceNameTaken(let name, let other) {
            // By another process, for the same image, since we looked.
            guard let source = try registered(image) else { throw .sourceNameTaken(name: name, image: other) }
            return source
        }
    }

    /// The source that a new image seems to belong to: its own is not there any more, and it has the name that the new one would get, or the
    /// new one was attached to a loop device under the old path. (What the kernel shows as the path of a loop device follows renames.)
    private func sourceWithoutImage(for image: FilePath) throws(SnapshotsError) -> Source? {
        guard let identity = options.view.identity(image.string) else { return nil }
        let sources = try catalogue.sources().filter { !hasImage($0) }
        if let named = sources.first(where: { $0.name.text == image.stem }) { return named }
        guard !sources.isEmpty else { return nil }
        // The kernel keeps 63 bytes.
        let labels = options.view.loopDevices().filter { $0.identity == identity }.compactMap(\.label)
        return sources.first { source in labels.contains { $0 == String(decoding: source.imagePath.string.utf8.prefix(63), as: UTF8.self) }
        }
    }

    /// Registers a source.
    public func addSource(name: SourceName, image: FilePath, directory: FilePath?) throws(SnapshotsError) -> Source {
        let path = try imagePath(behind: image)
        if let source = try registered(path) { throw .imageTaken(path: path, name: source.name) }
        let source = try newSource(name: name, image: path, directory: directory)
        try catalogue.add(source, event: occasion(.sourceAdded, path.string))
        return source
    }

    /// A source that is registered with its first snapshot, under a name that somebody has chosen.
    public func proposeSource(name: SourceName, image: FilePath) throws(SnapshotsError) -> Source {
        let path = try imagePath(behind: image)
        if let source = try registered(path) { throw .imageTaken(path: path, name: source.name) }
        return try newSource(name: name, image: path, directory: nil)
    }

    private func newSource(name: SourceName, image: FilePath, directory: FilePath?) throws(SnapshotsError) -> Source {
        _ = try beneath { () throws(CloneError) in try ImageFile(path: image.string, kernel: kernel) }
        if let other = try catalogue.source(named: name) { throw .sourceNameTaken(name: name, image: other.imagePath) }
        let place = try directory.map { (path) throws(SnapshotsError) in try resolvedDirectory(path) }
        var source = Source(id: .random(), name: name, imagePath: image, snapshotDirectory: place, createdAt: now)
        if let place { try checkIsOnPool(place, of: image) } else { source.snapshotDirectory = otherDirectory(for: source) }
        return source
    }

    /// Gives a source another name. Its snapshot directory stays where it is.
    public func renameSource(_ source: Source, to name: SourceName) throws(SnapshotsError) -> Source {
        let path = SnapshotPlace.path(of: source)
        try catalogue.together { () throws(SnapshotsError) in
            try catalogue.rename(source.id, to: name, event: occasion(.sourceRenamed, "\(source.name) to \(name)"))
            // The default place is named after the source; what has begun under the old name goes on there.
            if source.snapshotDirectory == nil, source.pool != nil {
                try catalogue.place(source.id, snapshotDirectory: path, pool: source.pool)
            }
        }
        return try catalogue.source(id: source.id) ?? source
    }

    /// Says where a source's image is now, or where its snapshots shall go. Old snapshots stay where they are, and listed.
    public func moveSource(_ source: Source, image: FilePath?, directory: FilePath?) throws(SnapshotsError) -> Source {
        try catalogue.together { () throws(SnapshotsError) in
            var place = source.snapshotDirectory
            var newImage = source.imagePath
            if let image {
                let path = try imagePath(behind: image)
                _ = try beneath { () throws(CloneError) in try ImageFile(path: path.string, kernel: kernel) }
                if let other = try registered(path), other.id != source.id { throw .imageTaken(path: path, name: other.name) }
                newImage = path
                if path != source.imagePath { try catalogue.move(source.id, to: path, event: occasion(.sourceMoved, path.string)) }
                // A directory that lay beside the image, pinned only by a change of name, follows it again; one that was chosen stays.
                let beside = source.imagePath.removingLastComponent().appending(".losnap")
                if path.removingLastComponent() != source.imagePath.removingLastComponent(), place?.removingLastComponent() == beside {
                    place = nil
                }
            }
            if let directory {
                let chosen = try resolvedDirectory(directory)
                try checkIsOnPool(chosen, of: newImage)
                place = chosen
            }
            // The log tells of the directory only if that is what was asked for, or what follows.
            var event: Occasion?
            if directory != nil || place != source.snapshotDirectory {
                var moved = try catalogue.source(id: source.id) ?? source
                moved.snapshotDirectory = place
                event = occasion(.sourceMoved, SnapshotPlace.path(of: moved).string)
            }
            // The pool is learned anew from the next snapshot, and with it the image's owner; of an image that stays only if its pool is another.
            let pool = image == nil ? poolStill(of: source) : nil
            try catalogue.place(source.id, snapshotDirectory: place, pool: pool, event: event)
        }
        return try catalogue.source(id: source.id) ?? source
    }

    /// The pool that a source's image has been on and is on; nil: it is on another, or that can't be told.
    private func poolStill(of source: Source) -> PoolIdentity? {
        guard let known = source.pool, let image = try? ImageFile(path: source.imagePath.string, kernel: kernel),
            let now = try? PoolIdentity.of(image.file.descriptor, path: image.path)
        else { return nil }
        return now == known ? known : nil
    }

    /// The source, with its next snapshot going to that directory; older ones stay where they are, and listed. Nothing changes in the catalogue:
    /// that is remembered with this snapshot.
    func directed(_ source: Source, to directory: FilePath) throws(SnapshotsError) -> Source {
        let place = try resolvedDirectory(directory)
        if source.snapshotDirectory == place { return source }
        try checkIsOnPool(place, of: source.imagePath)
        var source = source
        // Its pool stays known: the image is the same, and by that its owner is checked.
        source.snapshotDirectory = place
        return source
    }

    /// Takes a source out of use.
    public func removeSource(_ source: Source, _ removal: SourceRemoval) throws(SnapshotsError) {
        try catalogue.remove(source.id, removal, event: occasion(.sourceRemoved))
    }

    // MARK: Paths

    /// Refuses a directory on another filesystem than the image, if it can be told: both filesystems are there, and say what they are.
    private func checkIsOnPool(_ directory: FilePath, of image: FilePath) throws(SnapshotsError) {
        guard let file = try? ImageFile(path: image.string, kernel: kernel).file,
            let place = try? openNearestDirectory(directory, kernel: kernel)
        else { return }
        guard let one = poolIfKnown(file), let other = poolIfKnown(place), one != other else { return }
        throw .clone(.differentFilesystem(image: image.string, directory: directory.string))
    }

    /// Whose identity nil is: of a filesystem that has none. The outer nil: nobody can tell.
    private func poolIfKnown(_ file: OpenFile) -> PoolIdentity?? {
        do throws(CloneError) {
            return .some(try PoolIdentity.of(file.descriptor, path: file.path))
        } catch .poolHasNoUUID {
            return .some(nil)
        } catch {
            return nil
        }
    }

    /// Where a new source's snapshots go if in the default place those of another one lie, which had its name before; nil: to that place.
    private func otherDirectory(for source: Source) -> FilePath? {
        let usual = SnapshotPlace.path(of: source)
        guard belongsToAnother(usual) else { return nil }
        return (2...99).lazy.map { usual.removingLastComponent().appending("\(source.name)-\($0)") }.first { !belongsToAnother($0) }
    }

    private func belongsToAnother(_ directory: FilePath) -> Bool {
        guard let mark = try? SnapshotPlace.open(directory, kernel: kernel).mark() else {
            // Not there, or not the one that it was: those that lie there may be on a filesystem that is not mounted now.
            return (try? hasSnapshots(in: directory)) ?? true
        }
        return mark.catalogueID == catalogue.id && (try? catalogue.source(id: mark.sourceID)) != nil
    }

    private func hasSnapshots(in path: FilePath) throws(SnapshotsError) -> Bool {
        for directory in try catalogue.knownDirectories() where directory.path == path {
            if try !catalogue.sources(withSnapshotsIn: directory).isEmpty { return true }
        }
        return false
    }

    /// The image that a path means: itself without symbolic links, or what is mounted there.
    public func imagePath(behind path: FilePath) throws(SnapshotsError) -> FilePath {
        guard let found = try walked(path) else { return path.lexicallyNormalized() }
        guard found.status?.kind == .directory else { return FilePath(found.path) }
        return FilePath(try beneath { () throws(CloneError) in try MountPointTracer(view: options.view).image(at: found.path) })
    }

    private func resolvedDirectory(_ path: FilePath) throws(SnapshotsError) -> FilePath {
        if let found = try walked(path) { return FilePath(found.path) }
        // Its last part may still have to be made.
        guard let last = path.lastComponent, let parent = try walked(path.removingLastComponent()) else {
            throw .clone(.noSuchFile(path: path.string))
        }
        return FilePath(parent.path).appending(last)
    }

    /// What a path leads to; nil: nothing that can be looked at.
    ///
    /// - Throws: `linkOfAnother` alone: what a user named must not be led elsewhere by others.
    private func walked(_ path: FilePath) throws(SnapshotsError) -> FoundPath? {
        do throws(CloneError) {
            let found = try findMindingLinks(path.string, kernel: kernel)
            return found.file == nil ? nil : found
        } catch .linkOfAnother(let path, let user) {
            throw .clone(.linkOfAnother(path: path, user: user))
        } catch {
            return nil
        }
    }

    /// The source in use with that image, by its path or by the file itself (a bind mount, a hard link).
    public func registered(_ image: FilePath) throws(SnapshotsError) -> Source? {
        if let source = try catalogue.source(image: image) { return source }
        guard let identity = identity(of: image) else { return nil }
        return try catalogue.sources().first { self.identity(of: $0.imagePath) == identity }
    }

    /// What a link of somebody else leads to is not the source's image: they could let any image pass for theirs.
    private func identity(of image: FilePath) -> FileIdentity? {
        (try? findMindingLinks(image.string, kernel: kernel))?.status?.identity
    }
}
