// Directories that were made for a snapshot which then was refused. The rule: only what this very command made, only while there is nothing in it,
// and its tag only under the lock; who has opened it in the meantime is told so when it claims it.

import CloneCore
import SystemPackage

extension SnapshotPlace {
    /// Takes away again what was made when it was opened, as far as it is empty.
    func removeIfNew(isLocked: Bool) {
        guard made > 0 else { return }
        if isLocked, (try? names())?.isEmpty == true { try? kernel.unlink(file.descriptor, Self.tagName) }
        var path = path
        for _ in 0..<made {
            guard let name = path.lastComponent?.string, path.removeLastComponent(),
                let parent = try? openTrustedDirectory(path, kernel: kernel),
                (try? kernel.removeDirectory(parent.descriptor, name)) != nil
            else { return }
            try? kernel.synchronize(parent.descriptor)
        }
    }

    /// Whether it has been removed since it was opened.
    func isRemoved() throws(SnapshotsError) -> Bool {
        try beneath { () throws(CloneError) in try file.status().links == 0 }
    }
}
