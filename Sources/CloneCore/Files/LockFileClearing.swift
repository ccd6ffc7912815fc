// Removing lock files of images that are gone: each restore gives an image another inode, and so another lock. The rule: only a file whose lock was
// had, removed while it is held; and whoever gets a lock looks whether its file still has the name, or two processes would hold two locks of one
// name.

internal import SystemPackage

/// Removes the lock files of these images, as far as nobody holds them.
package func clearImageLocks(of images: [FileIdentity], in places: RuntimePlaces, kernel: Kernel) {
    guard let directory = try? openPrivateDirectory(places.locks, kernel: kernel) else { return }
    for image in images {
        for kind in imageLockKinds { clearLock("\(kind)-\(image.device)-\(image.inode)", in: directory, kernel: kernel) }
    }
}

/// Removes the lock files of all images but these, as far as nobody holds them.
package func clearImageLocks(in places: RuntimePlaces, except images: Set<FileIdentity>, kernel: Kernel) {
    guard let directory = try? openPrivateDirectory(places.locks, kernel: kernel) else { return }
    let kept = images.map { "\($0.device)-\($0.inode)" }
    for name in listDirectory(directory, kernel: kernel) {
        let parts = name.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, imageLockKinds.contains(parts[0]), !kept.contains(String(parts[1])) else { continue }
        clearLock(name, in: directory, kernel: kernel)
    }
}

/// What the names of locks that belong to one image begin with.
private let imageLockKinds: Set<Substring> = ["image", "hooks"]

private func clearLock(_ name: String, in directory: OpenFile, kernel: Kernel) {
    guard let file = try? OpenFile(name, in: directory, flags: [.write], kernel: kernel),
        (try? kernel.lock(file.descriptor, false)) != nil,
        (try? file.isStill(name, in: directory, kernel: kernel)) == true
    else { return }
    try? kernel.unlink(directory.descriptor, name)
}

extension OpenFile {
    /// Whether the name in a directory still leads to this very file.
    func isStill(_ name: String, in directory: OpenFile, kernel: Kernel) throws(CloneError) -> Bool {
        do {
            let found = try kernel.statusOf(directory.descriptor, name)
            return try found.identity == kernel.status(descriptor).identity
        } catch .noSuchFileOrDirectory {
            return false
        } catch {
            throw CloneError(error, .lock, path)
        }
    }
}
