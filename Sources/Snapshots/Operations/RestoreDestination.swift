// The place of a restored image. The rule: the new file is whole, has its owner, mode and attributes, and is on disk before it gets a name;
// an old one keeps its name until both change places in one step (renameat2(2), RENAME_EXCHANGE).

import CloneCore
import Glibc
import SystemPackage

/// An open directory and the plain name in it.
struct RestoreDestination {
    let directory: OpenFile
    let name: String
    let path: FilePath
    let kernel: Kernel

    init(_ path: FilePath, kernel: Kernel) throws(SnapshotsError) {
        guard let last = path.lastComponent, last.kind == .regular else { throw .invalidPath(path: path, problem: .notAbsolute) }
        self.kernel = kernel
        name = last.string
        let parent = path.removingLastComponent()
        directory = try beneath { () throws(CloneError) in
            // The image's directory may be somebody else's, who has perhaps put a link in its place.
            try openDirectoryMindingLinks(parent.string, kernel: kernel)
        }
        self.path = FilePath(directory.path).appending(last)
    }

    /// Whether something has the name, if only a link that leads nowhere.
    func isTaken() throws(SnapshotsError) -> Bool {
        do {
            _ = try kernel.statusOf(directory.descriptor, name)
            return true
        } catch .noSuchFileOrDirectory {
            return false
        } catch {
            throw .clone(CloneError(error, .status, path.string))
        }
    }

    /// A nameless clone of the snapshot, with everything that the image had. Nobody writes a snapshot, so it can be cloned in pieces.
    func makeClone(of snapshot: OpenFile, attributes: ImageAttributes, progress: ProgressWatcher?) throws(SnapshotsError) -> NamelessClone {
        let clone = try beneath { () throws(CloneError) in
            try NamelessClone(of: snapshot, in: directory, traits: attributes.traits, kernel: kernel)
        }
        do {
            _ = try clone.fill(from: snapshot, kernel: kernel) { done, total in
                progress?(WorkProgress(.cloning, done: Int64(clamping: done), total: Int64(clamping: total)))
            }
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

    /// Makes the names durable.
    func synchronize() throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            try calling(.sync, directory.path) { () throws(Errno) in try kernel.synchronize(directory.descriptor) }
        }
    }
}
