// Where a clone is to replace a file, or to become one. The rule: the new file is whole and on disk before it gets the name, and the
// name passes from the old to the new in one step (rename(2)); what is there already gives nobody a right to the image.

internal import Glibc
internal import SystemPackage

/// A name in an open directory, and what has that name now.
public struct DestinationPlace: Sendable {
    /// The directory.
    public let directory: OpenFile
    /// What is there now; nil: nothing.
    public let existing: FileStatus?
    private let name: String
    /// Whether somebody else could have put there what is there.
    private let isExposed: Bool
    private let kernel: Kernel

    /// Looks at `path`. A symbolic link of root's or ours stands for what it points to, as open(2) would take it.
    ///
    /// - Throws: `notAnImage` for what is no regular file, `noSuchFile` for a missing directory, `linkOfAnother`.
    public init(_ path: String, kernel: Kernel = .linux) throws(CloneError) {
        self.kernel = kernel
        guard !path.isEmpty else { throw .notAnImage(path: path, kind: .directory) }
        let found = try findMindingLinks(path, kernel: kernel)
        existing = found.status
        if let existing {
            guard existing.kind == .regular else { throw .notAnImage(path: path, kind: existing.kind) }
            if existing.isImmutable { throw .notPermitted(path: path, during: .rename) }
        }
        name = found.name
        isExposed = found.exposure != nil
        directory = try found.openDirectory(kernel: kernel)
    }

    /// Refuses a file that belongs to somebody who is not to have the clone.
    ///
    /// Root and the user who runs this may have put it there, and so may the image's owner, who has all of it anyway. Another's is replaced, and
    /// stays theirs, only if they can read the image and nobody else could have chosen the name for them.
    ///
    /// - Throws: `destinationOfAnother`.
    public func check(for image: ImageFile) throws(CloneError) {
        guard let existing else { return }
        let user = existing.uid
        if user == 0 || user == geteuid() || user == image.status.uid { return }
        guard !isExposed, CloneRights(of: image, kernel: kernel).mayOwn(user, ourselves: geteuid()) else {
            throw .destinationOfAnother(path: path, user: user, source: image.path)
        }
    }

    /// Gives the clone the owner and mode of what it replaces, or of the image, and then the name.
    public func fill(with taken: TakenClone, from image: ImageFile) throws(CloneError) {
        let file = taken.clone.file
        let model = existing ?? image.status
        // A user can't give files away; then it stays the user's own, as a new file would be.
        try? kernel.setOwner(file.descriptor, model.uid, model.gid)
        let mask = existing == nil ? currentUmask() : 0
        let group = try file.status().gid
        let mode = CloneRights(of: image, kernel: kernel).bounded(model.permissions & ~mask & 0o777, group: group)
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

    private var path: String { (directory.path == "/" ? "" : directory.path) + "/" + name }
}

/// The process's umask, which can only be read by setting it (umask(2)).
private func currentUmask() -> UInt32 {
    let mask = umask(0o077)
    umask(mask)
    return mask
}
