// The place of a restored image. The rule: the new file is whole, has its owner, mode and attributes, and is on disk before it gets a name;
// an old one keeps its name until both change places in one step (renameat2(2), RENAME_EXCHANGE).

import CloneCore
import Glibc
import SystemPackage

/// An open directory and the plain name in it.
struct RestoreDestination {
    private let directory: OpenFile
    private let name: String
    private let path: FilePath
    private let kernel: Kernel

    init(_ path: FilePath, kernel: Kernel) throws(SnapshotsError) {
        guard let last = path.lastComponent, last.kind == .regular else { throw .invalidPath(path: path, problem: .notAbsolute) }
        self.path = path
        self.kernel = kernel
        name = last.string
        let parent = path.removingLastComponent()
        directory = try beneath { () throws(CloneError) in
            try OpenFile(parent.isEmpty ? "." : parent.string, flags: [.directory, .followLinks], kernel: kernel)
        }
    }

    /// A nameless clone of the snapshot, with everything that the image had.
    func makeClone(of snapshot: OpenFile, attributes: ImageAttributes) throws(SnapshotsError) -> NamelessClone {
        let clone = try beneath { () throws(CloneError) in
            try NamelessClone(of: snapshot, in: directory, traits: attributes.traits, kernel: kernel)
        }
        do {
            try kernel.clone(clone.file.descriptor, snapshot.descriptor)
        } catch .improperLink {
            throw .restoreElsewhere(snapshot: FilePath(snapshot.path), target: path, replaces: false)
        } catch {
            throw .clone(.ofClone(error, image: snapshot, directory: directory, kernel: kernel))
        }
        try attributes.apply(to: clone.file, kernel: kernel)
        try beneath { () throws(CloneError) in
            try calling(.sync, path.string) { () throws(Errno) in try kernel.synchronize(clone.file.descriptor) }
        }
        return clone
    }

    /// Gives the clone the name, which nobody may have.
    func publish(_ clone: NamelessClone) throws(SnapshotsError) {
        do throws(CloneError) {
            try clone.publish(as: name)
        } catch .system(.link, _, .fileExists) {
            throw .fileExists(path: path)
        } catch {
            throw .clone(error)
        }
        try synchronize()
    }

    /// Puts the clone in the place of `old`, which is leased and must be what has the name.
    ///
    /// - Returns: a warning if the old image could not be removed afterwards.
    func exchange(_ clone: NamelessClone, with old: ImageFile, id: Identifier) throws(SnapshotsError) -> StoreWarning? {
        // From a crash in here a hidden file stays: before the exchange a clone, after it the old image, which the safety snapshot has too.
        let temporary = ".\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).losnap-\(id.prefix)"
        try? kernel.unlink(directory.descriptor, temporary)
        do throws(SnapshotsError) {
            try beneath { () throws(CloneError) in try clone.publish(as: temporary) }
            try swap(temporary)
            let displaced = try? kernel.statusOf(directory.descriptor, temporary).identity
            let isUnused = (try? kernel.leaseHolds(old.file.descriptor)) ?? false
            guard displaced == old.identity, isUnused else {
                try swap(temporary)
                throw displaced == old.identity
                    ? .imageInUse(path: path, by: "a program that opened it just now") : .imageChanged(path: path)
            }
            try synchronize()
        } catch {
            // While the name is the old image's, what is hidden is the clone; else it is the old image, and stays.
            if (try? kernel.statusOf(directory.descriptor, name).identity) == old.identity {
                try? kernel.unlink(directory.descriptor, temporary)
            }
            throw error
        }
        do throws(SnapshotsError) {
            try beneath { () throws(CloneError) in
                try calling(.remove, path.string) { () throws(Errno) in try kernel.unlink(directory.descriptor, temporary) }
            }
            try synchronize()
            return nil
        } catch {
            return .oldImageLeft(path: path.removingLastComponent().appending(temporary).string, problem: error.message)
        }
    }

    private func swap(_ temporary: String) throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            try calling(.rename, path.string) { () throws(Errno) in
                try kernel.rename(directory.descriptor, temporary, directory.descriptor, name, .exchange)
            }
        }
    }

    private func synchronize() throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            try calling(.sync, directory.path) { () throws(Errno) in try kernel.synchronize(directory.descriptor) }
        }
    }
}
