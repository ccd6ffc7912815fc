// A damaged catalogue and the one that takes its place. The rule: a good one is not replaced, a damaged one is put aside with its log and
// never removed, and the new one gets the name only when it is whole.

import Glibc
import Policy
import SystemPackage

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

/// Throws for a catalogue that can be read.
func checkIsUnusable(_ path: FilePath, now: Instant) throws(SnapshotsError) {
    do throws(SnapshotsError) {
        let catalogue = try Catalogue.open(path: path, mode: .reading, now: now)
        // It opens; is it whole too?
        _ = try catalogue.snapshots()
        _ = try catalogue.events()
        try catalogue.close()
        throw .catalogueInUse(path: path)
    } catch .catalogueMissing, .catalogueCorrupt, .notACatalogue, .catalogueFailed {
        return
    }
}

/// Moves a catalogue that can't be used out of the way, with its log; nil: there is none.
func putAside(_ path: FilePath, now: Instant) throws(SnapshotsError) -> FilePath? {
    guard endings.contains(where: { access(path.string + $0, F_OK) == 0 }) else { return nil }
    let aside = FilePath(path.string + ".damaged-" + now.compact)
    for ending in endings where access(path.string + ending, F_OK) == 0 {
        try moveCatalogue(FilePath(path.string + ending), to: FilePath(aside.string + ending))
    }
    return aside
}

/// Gives a catalogue another name, which nobody may have: another process may have made a catalogue there in the meantime.
func moveCatalogue(_ old: FilePath, to new: FilePath) throws(SnapshotsError) {
    guard link(old.string, new.string) == 0 else {
        throw errno == EEXIST ? .fileExists(path: new) : .catalogueNotWritable(path: new, problem: .notPermitted)
    }
    guard unlink(old.string) == 0 else { throw .catalogueNotWritable(path: old, problem: .notPermitted) }
    let directory = open(new.removingLastComponent().string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    close(directory)
}
