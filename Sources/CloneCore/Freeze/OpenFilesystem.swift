// A filesystem that is going to be frozen, opened beforehand. The rule: nothing is looked up by path once the first one is frozen.

internal import SystemPackage

/// A mounted filesystem and a descriptor of a directory on it.
struct OpenFilesystem: Sendable {
    let filesystem: InnerFilesystem
    let file: OpenFile

    var mountPoint: String { filesystem.mountPoint }

    init(_ filesystem: InnerFilesystem, kernel: Kernel) throws(CloneError) {
        self.filesystem = filesystem
        do throws(CloneError) {
            // A link on the way is allowed: the place is proved by the filesystem that is found there.
            file = try openPlace(filesystem.openPath, kernel: kernel)
        } catch .noSuchFile {
            // It was found a moment ago.
            throw .mountsChanging(path: filesystem.mountPoint)
        }
        guard let found = FilesystemIdentity.of(file.descriptor), filesystem.isSame(found) else {
            throw .mountsChanging(path: filesystem.mountPoint)
        }
    }
}
