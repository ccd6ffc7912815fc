// The mark on a snapshot directory, which says whose it is, and the tag that keeps backup programs out. The rule: the mark comes last and is
// made durable, so that a directory that has one has everything.

import CloneCore
import Glibc
import SystemPackage

extension SnapshotPlace {
    /// Backup programs leave a directory alone that holds this (Cache Directory Tagging Specification).
    static let tagName = "CACHEDIR.TAG"
    private static let tagText = """
        Signature: 8a477f597d28d172789f06886806bc55
        # Snapshots made by losnap. They share blocks with their image; a backup that follows them multiplies its size.

        """

    /// Whose directory it is; nil: it has no mark.
    func mark() throws(SnapshotsError) -> DirectoryMark? {
        let bytes: [UInt8]
        do {
            bytes = try kernel.getXattr(file.descriptor, RecordAttribute.name(user: geteuid()))
        } catch .noData {
            return nil
        } catch {
            throw .clone(CloneError(error, .getXattr, file.path))
        }
        return try DirectoryMark(decoding: bytes)
    }

    /// Makes the directory that of a source.
    func setMark(_ mark: DirectoryMark) throws(SnapshotsError) {
        let bytes = try mark.encoded()
        writeTag()
        try beneath { () throws(CloneError) in
            try calling(.setXattr, file.path) { () throws(Errno) in
                try kernel.setXattr(file.descriptor, RecordAttribute.name(user: geteuid()), bytes)
            }
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        }
    }

    /// Only a courtesy to backup programs: whatever is in its way must not stop a snapshot.
    private func writeTag() {
        guard let fd = try? kernel.open(file.descriptor, Self.tagName, [.write, .createNew], 0o600) else { return }
        let tag = OpenFile(adopting: fd, path: file.path + "/" + Self.tagName, kernel: kernel)
        _ = try? FileDescriptor(rawValue: tag.descriptor).writeAll(Array(Self.tagText.utf8))
    }
}
