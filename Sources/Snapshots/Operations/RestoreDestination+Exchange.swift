// Replacing an image: the restored clone gets a hidden name beside it, and both names change places in one step (renameat2(2),
// RENAME_EXCHANGE). The rule: nothing is unlinked but what a look has shown, by its inode, to be the clone that was made here, or at the end
// the very image that was replaced. What can't be undone stays, both of it, and the error says where each is (promise P3).

import CloneCore
import Glibc
import SystemPackage

/// What a name in a restore leads to.
public enum RestoredFile: Sendable, Hashable {
    /// The clone that was made for the restore.
    case restored
    /// The image that was to be replaced.
    case previous
    /// Neither.
    case another
    /// It could not be looked at, or there is nothing.
    case unknown

    /// The words after "leads to".
    var words: String {
        switch self {
        case .restored: "the restored image"
        case .previous: "the image as it was before"
        case .another: "a file that somebody else put there"
        case .unknown: "what could not be looked at"
        }
    }
}

extension RestoreDestination {
    /// Puts the clone in the place of `old`, which is leased and must be what has the name.
    ///
    /// - Returns: what lies beside the image that somebody should know of: of earlier restores, or the old image if it could not be
    ///   removed.
    func exchange(_ clone: NamelessClone, with old: ImageFile, id: Identifier, catalogue: Identifier) throws(SnapshotsError)
        -> [StoreWarning]
    {
        let hidden = HiddenName(of: name)
        let (names, more) = hidden.all(in: directory, kernel: kernel)
        let left =
            names.map { StoreWarning.restoreLeft(path: beside($0).string) } + (more > 0 ? [.moreLeft(image: path.string, count: more)] : [])
        // From a crash in here a hidden file stays: before the exchange the clone, after it the old image.
        let pair = Pair(
            made: try beneath { () throws(CloneError) in try clone.file.status().identity }, old: old.identity,
            hidden: try publish(clone, as: hidden, id, catalogue))
        do throws(SnapshotsError) {
            try swap(pair)
            let isUnused = (try? kernel.leaseHolds(old.file.descriptor)) ?? false
            guard look(pair.hidden, pair) == .previous else { throw .imageChanged(path: path) }
            guard isUnused else { throw .imageInUse(path: path, by: "a program that opened it just now") }
            try synchronize()
        } catch {
            throw undo(pair, error)
        }
        let warnings = left + remove(pair)
        HiddenCloneMark.remove(from: clone.file, kernel: kernel)
        return warnings
    }

    /// The two files and the hidden name.
    private struct Pair {
        let made: FileIdentity
        let old: FileIdentity
        let hidden: String
    }

    private func look(_ name: String, _ pair: Pair) -> RestoredFile {
        switch try? kernel.statusOf(directory.descriptor, name).identity {
        case pair.made: .restored
        case pair.old: .previous
        case nil: .unknown
        default: .another
        }
    }

    private func swap(_ pair: Pair) throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            try calling(.rename, path.string) { () throws(Errno) in
                try kernel.rename(directory.descriptor, pair.hidden, directory.descriptor, name, .exchange)
            }
        }
    }

    /// Puts the names back, if they have been exchanged, and removes the clone. What was to be said, or where everything is.
    private func undo(_ pair: Pair, _ error: SnapshotsError) -> SnapshotsError {
        if look(name, pair) == .restored { try? swap(pair) }
        if look(pair.hidden, pair) == .restored {
            try? kernel.unlink(directory.descriptor, pair.hidden)
            try? synchronize()
            return error
        }
        return .restoreUnfinished(
            path: path, is: look(name, pair), hidden: beside(pair.hidden), isThere: look(pair.hidden, pair), problem: error.message)
    }

    /// Removes the old image from its hidden name.
    private func remove(_ pair: Pair) -> [StoreWarning] {
        do throws(SnapshotsError) {
            guard look(pair.hidden, pair) == .previous else { throw .imageChanged(path: beside(pair.hidden)) }
            try beneath { () throws(CloneError) in
                try calling(.remove, path.string) { () throws(Errno) in try kernel.unlink(directory.descriptor, pair.hidden) }
            }
            try synchronize()
            return []
        } catch {
            return [.oldImageLeft(path: beside(pair.hidden).string, problem: error.message)]
        }
    }

    private func beside(_ name: String) -> FilePath { path.removingLastComponent().appending(name) }

    /// Gives the clone a name that nobody has. One that is taken may be the old image of a restore that was cut off: it stays.
    private func publish(
        _ clone: NamelessClone, as hidden: HiddenName, _ id: Identifier, _ catalogue: Identifier
    ) throws(SnapshotsError) -> String {
        for number in 1...100 {
            let name = hidden.name(of: id, number)
            HiddenCloneMark.set(on: clone.file, named: name, catalogue: catalogue, kernel: kernel)
            do throws(CloneError) {
                try clone.publish(as: name)
                return name
            } catch .system(.link, _, .fileExists) {
                continue
            } catch {
                throw .clone(error)
            }
        }
        throw .fileExists(path: beside(hidden.name(of: id, 1)))
    }
}
