// After the names: the immutable flags when all went well, and undoing when it did not. The rule: what is complete exists, and no failure
// afterwards takes it away or hides it; what is not complete is taken back as far as it goes, and reconcile finds the rest.

import CloneCore
import Glibc
import SystemPackage

/// A clone and the name that it got, or was to get.
struct NamedClone {
    let clone: NamelessClone
    let place: SnapshotPlace
    let name: SnapshotFileName

    /// Takes the name away, if it is this very clone's.
    func withdraw() throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            let path = place.path.appending(name.text).string
            let found: FileStatus
            do throws(Errno) {
                found = try place.kernel.statusOf(place.file.descriptor, name.text)
            } catch .noSuchFileOrDirectory {
                return
            } catch {
                throw CloneError(error, .status, path)
            }
            guard found.identity == (try clone.file.status().identity) else { return }
            try calling(.remove, path) { () throws(Errno) in try place.kernel.unlink(place.file.descriptor, name.text) }
        }
        try place.synchronize()
    }
}

extension Store {
    /// Sets the immutable flags. That one could not be set, though root should be able to, is a warning.
    func makeImmutable(_ clones: [NamedClone]) -> [StoreWarning] {
        clones.compactMap { item in
            let outcome = try? kernel.makeImmutable(item.clone.file)
            let isAsItShouldBe = outcome == .set || outcome == .notSupported || (outcome == .notPermitted && geteuid() != 0)
            return isAsItShouldBe ? nil : .notImmutable(path: item.place.path.appending(item.name.text).string)
        }
    }

    /// As far as it goes: while a name may still be there the rows stay pending, for reconcile to find it by them.
    /// A source that was registered with the first snapshot goes with it.
    func takeBack(_ named: [NamedClone], _ rows: [Snapshot], _ newSources: [Source], because error: SnapshotsError) {
        // If a commit failed that had worked, they exist; if that can't be told, reconcile will tell.
        guard let states = try? rows.map({ try catalogue.snapshot($0.number)?.state }), !states.contains(.complete) else { return }
        var isClean = true
        for item in named {
            do throws(SnapshotsError) { try item.withdraw() } catch { isClean = false }
        }
        guard isClean else { return }
        try? catalogue.together { () throws(SnapshotsError) in
            for row in rows { try catalogue.drop(row.number, event: occasion(.failed, error.message)) }
            for source in newSources { try catalogue.remove(source.id, .withoutSnapshots, event: occasion(.sourceRemoved)) }
        }
    }
}
