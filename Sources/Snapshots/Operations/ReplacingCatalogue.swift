// A damaged catalogue and the one that takes its place. The rule: a good one is not replaced, a damaged one is put aside with its log and
// never removed, and the new one gets the name only when it is whole.

import Glibc
import Policy
import SystemPackage

private let endings = ["-wal", "-shm", ""]

func removeCatalogue(_ catalogue: FilePath) {
    for ending in endings { unlink(catalogue.string + ending) }
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
        try renameCatalogue(FilePath(path.string + ending), to: FilePath(aside.string + ending))
    }
    return aside
}

func renameCatalogue(_ old: FilePath, to new: FilePath) throws(SnapshotsError) {
    guard rename(old.string, new.string) == 0 else { throw .catalogueNotWritable(path: new, problem: .notPermitted) }
    let directory = open(new.removingLastComponent().string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    close(directory)
}
