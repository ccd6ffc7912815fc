// Opening the image of a source. The rule: where somebody else could have put another file in its place, the image must belong to one whose image it
// was before: else a snapshot called by one user's name would show what another user's file holds (promise P7).

import CloneCore
import SystemPackage

extension Store {
    /// Opens a source's image.
    ///
    /// - Throws: ``SnapshotsError/imageOwnerChanged(name:path:user:before:)``, and what opening an image throws.
    func openImage(of source: Source) throws(SnapshotsError) -> ImageFile {
        try openImage(at: source.imagePath, of: source)
    }

    /// The same at a path that is the source's, or was.
    func openImage(at path: FilePath, of source: Source?) throws(SnapshotsError) -> ImageFile {
        let image = try beneath { () throws(CloneError) in try ImageFile(path: path.string, kernel: kernel) }
        if let source { try checkOwner(of: image, source) }
        return image
    }

    /// An owner that the snapshots do not know is taken for another file's. What only root could have put there is what root wants, whoever owns it;
    /// and after `source move` all that is known of the image is learned anew, as its pool is.
    private func checkOwner(of image: ImageFile, _ source: Source) throws(SnapshotsError) {
        guard image.exposure != nil, source.pool != nil else { return }
        let owners = try catalogue.imageOwners(of: source.id)
        guard let before = owners.first, !owners.contains(image.status.uid) else { return }
        throw .imageOwnerChanged(name: source.name, path: FilePath(image.path), user: image.status.uid, before: before)
    }
}
