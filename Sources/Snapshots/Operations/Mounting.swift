// Looking inside a snapshot: a scratch clone, so that the snapshot itself is never written. The scratch is nameless and its loop device
// detaches itself: nothing is left after umount, nor after a crash.

public import CloneCore
public import SystemPackage

extension Store {
    /// Mounts a scratch clone of the snapshot at an existing directory.
    public func mount(_ listed: ListedSnapshot, at directory: FilePath, access: ScratchAccess) throws(SnapshotsError) -> ScratchMount {
        let place = try presentPlace(of: listed.snapshot)
        let (file, _) = try place.open(listed.snapshot)
        return try beneath { () throws(CloneError) in
            try ScratchClone(kernel: kernel, view: options.view).mount(
                snapshot: file.descriptor, path: file.path, uuid: listed.snapshot.id.description, pool: place.file.descriptor,
                at: directory.string, access: access, logIsWritten: listed.snapshot.consistency == .frozen)
        }
    }
}
