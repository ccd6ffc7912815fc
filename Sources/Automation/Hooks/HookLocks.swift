// One taking with hooks at a time of each image: else the `after` of one would undo what the `before` of another had just done. The rule: taken
// before the first hook and before every other lock, in one order for everybody; hooks run under no other lock of the source.

import CloneCore
import Snapshots
import SystemPackage

extension Store {
    /// Takes the locks under which hooks of these images run. An image that is not there has none: nothing can be taken of it.
    func lockHooks(of images: [FilePath]) throws(SnapshotsError) -> [FileLock] {
        var places: [FileIdentity: FilePath] = [:]
        for image in images {
            if let identity = options.view.identity(image.string) { places[identity] = image }
        }
        do throws(CloneError) {
            let directory = try openPrivateDirectory(options.places.locks, kernel: options.kernel)
            var locks: [FileLock] = []
            for (identity, path) in places.sorted(by: { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) }) {
                locks.append(
                    try .take(
                        "hooks-\(identity.device)-\(identity.inode)", for: path.string, in: directory, waiting: options.wait,
                        kernel: options.kernel))
            }
            return locks
        } catch {
            throw .clone(error)
        }
    }
}
