// Where a clone is to replace a file, or to become one. The rule: the new file is whole and on disk before it gets the name, and the
// name passes from the old to the new in one step (rename(2)).

internal import Glibc
internal import SystemPackage

/// A name in an open directory, and what has that name now.
public struct DestinationPlace: Sendable {
    /// The directory.
    public let directory: OpenFile
    /// What is there now; nil: nothing.
    public let existing: FileStatus?
    private let name: String
    private let kernel: Kernel

    /// Looks at `path`. A symbolic link stands for what it points to, as open(2) would take it.
    ///
    /// - Throws: `notAnImage` for what is no regular file, `noSuchFile` for a missing directory.
    public init(_ path: String, kernel: Kernel = .linux) throws(CloneError) {
        self.kernel = kernel
        var place = FilePath(path)
        if let resolved = realpath(path, nil) {
            place = FilePath(String(cString: resolved))
            free(resolved)
        }
        guard let last = place.lastComponent, last.kind == .regular else { throw .notAnImage(path: path, kind: .directory) }
        let parent = place.removingLastComponent()
        name = last.string
        directory = try OpenFile(parent.isEmpty ? "." : parent.string, flags: [.directory, .followLinks], kernel: kernel)
        do {
            existing = try kernel.statusOf(directory.descriptor, name)
        } catch .noSuchFileOrDirectory {
            existing = nil
        } catch {
            throw CloneError(error, .status, path)
        }
        if let existing {
            guard existing.kind == .regular else { throw .notAnImage(path: path, kind: existing.kind) }
            if existing.isImmutable { throw .notPermitted(path: path, during: .rename) }
        }
    }

    /// Gives the clone the owner and mode of what it replaces, or of the image, and then the name.
    public func fill(with taken: TakenClone, from image: ImageFile) throws(CloneError) {
        let file = taken.clone.file
        let model = existing ?? image.status
        // A user can't give files away; then it stays the user's own, as a new file would be.
        try? kernel.setOwner(file.descriptor, model.uid, model.gid)
        let mask = existing == nil ? currentUmask() : 0
        let mode = model.permissions & ~mask & 0o777
        try AccessList.drop(from: file, mode: mode, kernel: kernel)
        try calling(.setMode, path) { () throws(Errno) in try kernel.setMode(file.descriptor, mode) }
        try calling(.sync, path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        if existing == nil {
            try taken.clone.publish(as: name)
        } else {
            // linkat never overwrites, so the clone gets a name of its own first; a crash between the two leaves that one behind.
            let temporary = ".losnap-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
            try taken.clone.publish(as: temporary)
            do {
                try kernel.rename(directory.descriptor, temporary, directory.descriptor, name, .replace)
            } catch {
                // Only what is the clone that we made.
                if let found = try? kernel.statusOf(directory.descriptor, temporary), found.identity == (try? file.status())?.identity {
                    try? kernel.unlink(directory.descriptor, temporary)
                }
                throw CloneError(error, .rename, path)
            }
        }
        try calling(.sync, directory.path) { () throws(Errno) in try kernel.synchronize(directory.descriptor) }
    }

    private var path: String { directory.path + "/" + name }
}

/// The process's umask, which can only be read by setting it (umask(2)).
private func currentUmask() -> UInt32 {
    let mask = umask(0o077)
    umask(mask)
    return mask
}
