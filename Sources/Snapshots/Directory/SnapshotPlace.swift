// A snapshot directory, opened and proved: on which pool it is, whose it is. The rule: everything in it is done by this descriptor and
// plain names, and only after pool and mark have said that it is the right one (promises P6, P7).

import CloneCore
import Glibc
import SystemPackage

/// An open snapshot directory.
struct SnapshotPlace: Sendable {
    let file: OpenFile
    let pool: PoolIdentity
    let kernel: Kernel

    var path: FilePath { FilePath(file.path) }
    var directory: SnapshotDirectory { SnapshotDirectory(path: path, pool: pool) }

    /// Backup programs leave a directory alone that holds this (Cache Directory Tagging Specification).
    static let tagName = "CACHEDIR.TAG"
    private static let tagText = """
        Signature: 8a477f597d28d172789f06886806bc55
        # Snapshots made by losnap. They share blocks with their image; a backup that follows them multiplies its size.

        """

    /// Where a source's snapshots go.
    static func path(of source: Source) -> FilePath {
        source.snapshotDirectory
            ?? source.imagePath.removingLastComponent().appending(".losnap").appending(FilePath.Component(source.name.text)!)
    }

    /// Opens a directory that is there, whoever's mark it carries.
    static func open(_ path: FilePath, kernel: Kernel) throws(SnapshotsError) -> SnapshotPlace {
        let file = try openTrustedDirectory(path, kernel: kernel)
        let pool = try beneath { () throws(CloneError) in try PoolIdentity.of(file.descriptor, path: path.string) }
        return SnapshotPlace(file: file, pool: pool, kernel: kernel)
    }

    /// Opens a source's directory for a new snapshot, making and marking it if it is not there yet.
    static func prepare(for source: Source, catalogue: Identifier, kernel: Kernel) throws(SnapshotsError) -> SnapshotPlace {
        let path = path(of: source)
        // The default place is `.losnap/NAME`, two new directories; of a place that the user named only the last.
        let file = try openTrustedDirectory(path, makes: source.snapshotDirectory == nil ? 2 : 1, kernel: kernel)
        let pool = try beneath { () throws(CloneError) in try PoolIdentity.of(file.descriptor, path: path.string) }
        let place = SnapshotPlace(file: file, pool: pool, kernel: kernel)
        switch try place.mark() {
        case nil:
            try place.setMark(DirectoryMark(sourceID: source.id, catalogueID: catalogue))
            try place.writeTag()
        case let mark?:
            guard mark.catalogueID == catalogue else { throw .directoryOfAnotherCatalogue(path: path) }
            guard mark.sourceID == source.id else { throw .directoryOfAnotherSource(path: path) }
        }
        return place
    }

    // MARK: The mark

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

    func setMark(_ mark: DirectoryMark) throws(SnapshotsError) {
        let bytes = try mark.encoded()
        try beneath { () throws(CloneError) in
            try calling(.setXattr, file.path) { () throws(Errno) in
                try kernel.setXattr(file.descriptor, RecordAttribute.name(user: geteuid()), bytes)
            }
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        }
    }

    private func writeTag() throws(SnapshotsError) {
        let fd: CInt
        do {
            fd = try kernel.open(file.descriptor, Self.tagName, [.write, .createNew], 0o600)
        } catch .fileExists {
            return
        } catch {
            throw .clone(CloneError(error, .createFile, file.path))
        }
        let tag = OpenFile(adopting: fd, path: file.path + "/" + Self.tagName, kernel: kernel)
        // Only a courtesy to backup programs: a full disk must not stop a snapshot here.
        _ = try? FileDescriptor(rawValue: tag.descriptor).writeAll(Array(Self.tagText.utf8))
    }

    // MARK: What is in it

    /// The plain names of what may be snapshots.
    func names() throws(SnapshotsError) -> [String] {
        // A descriptor of our own, for the position in a directory is shared by its duplicates.
        listDirectory("/proc/self/fd/\(file.descriptor)").filter { $0 != Self.tagName }
    }

    /// Opens a file by its plain name, never following a link.
    func open(_ name: SnapshotFileName) throws(SnapshotsError) -> OpenFile {
        try beneath { () throws(CloneError) in
            try OpenFile(name.text, in: file, flags: [.nonBlocking], kernel: kernel)
        }
    }

    /// The record that a file carries.
    func record(of opened: OpenFile) throws(SnapshotsError) -> SnapshotRecord {
        let bytes: [UInt8]
        do {
            bytes = try kernel.getXattr(opened.descriptor, RecordAttribute.name(user: geteuid()))
        } catch .noData {
            throw .invalidRecord(problem: .absent)
        } catch {
            throw .clone(CloneError(error, .getXattr, opened.path))
        }
        return try SnapshotRecord(decoding: bytes)
    }

    /// Opens a snapshot's file and proves that it is a regular file of ours whose record has that UUID.
    func open(_ name: SnapshotFileName, expecting id: Identifier) throws(SnapshotsError) -> (file: OpenFile, record: SnapshotRecord) {
        let opened = try open(name)
        let status = try beneath { () throws(CloneError) in try opened.status() }
        let path = self.path.appending(name.text)
        guard status.kind == .regular else { throw .notTheSnapshot(path: path, id: id) }
        guard status.uid == geteuid() else { throw .notTheSnapshot(path: path, id: id) }
        let record = try record(of: opened)
        guard record.id == id else { throw .notTheSnapshot(path: path, id: id) }
        return (opened, record)
    }

    /// Makes what was done to names in this directory durable.
    func synchronize() throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        }
    }
}
