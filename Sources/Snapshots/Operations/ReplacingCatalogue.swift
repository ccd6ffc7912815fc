// A damaged catalogue and the one that takes its place. The rule: only what SQLite itself calls damaged is replaced, never one that is good, busy,
// newer or on a failing disk; the damaged one is put aside with its log and never removed; the new one gets the name only when it is
// whole, and takes it from nobody.

import CloneCore
import Glibc
import Policy
import SystemPackage

/// The log first: a log beside a catalogue that is not its own would be read into it.
private let endings = ["-wal", "-shm", ""]

/// Removes the draft of a catalogue, which a rebuilding that was cut off may have left.
func removeDraft(_ draft: FilePath) throws(SnapshotsError) {
    for ending in endings {
        var status = stat()
        guard lstat(draft.string + ending, &status) == 0 else { continue }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            throw .fileExists(path: FilePath(draft.string + ending))
        }
        unlink(draft.string + ending)
    }
}

/// Throws unless the catalogue at that path is damaged or not there.
///
/// - Throws: ``SnapshotsError/catalogueInUse(path:)`` for a good one; what keeps one from being judged.
func checkIsUnusable(_ path: FilePath, now: Instant) throws(SnapshotsError) {
    do throws(SnapshotsError) {
        let catalogue = try Catalogue.open(path: path, mode: .reading, now: now)
        try catalogue.checkWhole()
        // Sound for SQLite; are its values, too?
        _ = try catalogue.snapshots()
        _ = try catalogue.events()
        try catalogue.close()
    } catch .notACatalogue(let path, .notAFile) {
        // Nothing that a catalogue can become: a directory is not moved out of anybody's way.
        throw .notACatalogue(path: path, problem: .notAFile)
    } catch .catalogueMissing, .catalogueLost, .catalogueCorrupt, .notACatalogue {
        return
    }
    throw .catalogueInUse(path: path)
}

/// Puts a whole draft in the place of a catalogue that can't be used, which is moved out of the way with its log.
///
/// - Returns: where the old one is now; nil: there was none.
/// - Throws: ``SnapshotsError/catalogueAppeared(path:)``, and what the disk says. The old one is back at its place then, if that is free.
func replaceCatalogue(_ path: FilePath, by draft: FilePath, now: Instant, kernel: Kernel) throws(SnapshotsError) -> FilePath? {
    let file = try CatalogueFile(path: path)
    let aside = FilePath(path.string + ".damaged-" + now.compact)
    let directory = try beneath { () throws(CloneError) in
        try openDirectoryMindingLinks(file.directory.string, kernel: kernel)
    }
    var moved: [String] = []
    do throws(Errno) {
        for ending in endings {
            do throws(Errno) {
                try move(path.string + ending, to: aside.string + ending, kernel)
                moved.append(ending)
            } catch .noSuchFileOrDirectory {}
        }
        try kernel.synchronize(directory.descriptor)
        try move(draft.string, to: path.string, kernel)
    } catch {
        for ending in moved.reversed() {
            do throws(Errno) { try move(aside.string + ending, to: path.string + ending, kernel) } catch { break }
        }
        throw error == .fileExists ? .catalogueAppeared(path: path) : file.failure(error.rawValue)
    }
    do throws(Errno) {
        try kernel.synchronize(directory.descriptor)
    } catch {
        throw file.failure(error.rawValue)
    }
    return moved.isEmpty ? nil : aside
}

/// Gives a file a name that nobody may have: another process may have made a catalogue in the meantime.
private func move(_ old: String, to new: String, _ kernel: Kernel) throws(Errno) {
    try kernel.rename(workingDirectory, old, workingDirectory, new, .keepExisting)
}
