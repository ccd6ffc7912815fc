// From sources to what a snapshot needs: the image open, the directory there, locked and marked. The rule: whatever shows that there can be no
// snapshot is found before anything is made, and a pool that is not the one remembered is not written to (promise P6).

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
        for source in sources {
            let image = try beneath { () throws(CloneError) in try ImageFile(path: source.imagePath.string, kernel: kernel) }
            if let other = prepared.first(where: { $0.image.identity == image.identity }) {
                throw .imageTaken(path: source.imagePath, name: other.source.name)
            }
            prepared.append(try prepare(source, image: image, attributes: image))
        }
        let locks = try lock(prepared.map { ($0.place, $0.source.name) })
        for item in prepared { try claim(item.place, for: item.source) }
        return (prepared, locks)
    }

    /// Opens a source's directory for a clone of `image`, which need not be the source's own. Not locked and not marked yet.
    func prepare(_ source: Source, image: ImageFile, attributes model: ImageFile) throws(SnapshotsError) -> PreparedSource {
        PreparedSource(
            source: source, image: image, place: try SnapshotPlace.prepare(for: source, image: image, kernel: kernel),
            attributes: try ImageAttributes(of: model.file, kernel: kernel))
    }

    /// Sees to it that a directory, which is locked, carries the mark of a source.
    func claim(_ place: SnapshotPlace, for source: Source) throws(SnapshotsError) {
        let before = try place.mark()
        if let mark = before {
            guard mark.catalogueID == catalogue.id else { throw .directoryOfAnotherCatalogue(path: place.path) }
            if mark.sourceID == source.id { return }
            // An empty one that a source left behind which is known no more is anybody's.
            guard try catalogue.source(id: mark.sourceID) == nil, try place.names().isEmpty else {
                throw .directoryOfAnotherSource(path: place.path)
            }
        }
        try place.setMark(DirectoryMark(sourceID: source.id, catalogueID: catalogue.id, highestNumber: before?.highestNumber))
    }
}
