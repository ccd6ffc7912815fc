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
        writeTag()
        try write(mark)
        try synchronize()
    }

    /// Makes the mark remember a number that a snapshot here has or is about to have. Durable with the next fsync of the directory, which
    /// makes the snapshot's name durable too: a number that is lost with a crash before that was told to nobody.
    func remember(_ number: SnapshotNumber) throws(SnapshotsError) {
        guard var mark = try mark(), mark.highestNumber.map({ $0 < number }) ?? true else { return }
        mark.highestNumber = number
        try write(mark)
    }

    private func write(_ mark: DirectoryMark) throws(SnapshotsError) {
        let bytes = try mark.encoded()
        try beneath { () throws(CloneError) in
            try calling(.setXattr, file.path) { () throws(Errno) in
                try kernel.setXattr(file.descriptor, RecordAttribute.name(user: geteuid()), bytes)
            }
        }
    }

    /// Only a courtesy to backup programs: whatever is in its way must not stop a snapshot.
    private func writeTag() {
        guard let fd = try? kernel.open(file.descriptor, Self.tagName, [.write, .createNew], 0o600) else { return }
        let tag = OpenFile(adopting: fd, path: file.path + "/" + Self.tagName, kernel: kernel)
        _ = try? FileDescriptor(rawValue: tag.descriptor).writeAll(Array(Self.tagText.utf8))
    }
}
