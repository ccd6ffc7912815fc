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
    /// How many parts of its path were made when it was opened.
    var made = 0

    var path: FilePath { FilePath(file.path) }
    var directory: SnapshotDirectory { SnapshotDirectory(path: path, pool: pool) }

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

    /// Opens a source's directory for a new snapshot of the image, making it if it is not there yet.
    ///
    /// - Parameter mayMake: throws if a directory that is not there must not be made.
    /// - Throws: what shows that no clone could be made there, before anything is.
    static func prepare(
        for source: Source, image: ImageFile, kernel: Kernel, mayMake: (SnapshotDirectory) throws(SnapshotsError) -> Void
    ) throws(SnapshotsError) -> SnapshotPlace {
        let (found, pool) = try find(for: source, image: image, kernel: kernel, mayMake: mayMake)
        if let found { return found }
        let (file, made) = try openTrustedDirectory(path(of: source), makes: partsToMake(for: source), kernel: kernel)
        return SnapshotPlace(file: file, pool: pool, kernel: kernel, made: made)
    }

    /// The same without making anything: nil where it is not there yet, and nothing speaks against making it.
    static func find(
        for source: Source, image: ImageFile, kernel: Kernel, mayMake: (SnapshotDirectory) throws(SnapshotsError) -> Void
    ) throws(SnapshotsError) -> (place: SnapshotPlace?, pool: PoolIdentity) {
        let path = path(of: source)
        let pool: PoolIdentity
        do throws(CloneError) {
            pool = try PoolIdentity.of(image.file.descriptor, path: image.path)
        } catch .poolHasNoUUID(let path, let filesystem) {
            // What can't be recognised mostly can't share blocks either, which is the better reason.
            try probeSharing(in: source.imagePath.removingLastComponent(), kernel: kernel)
            throw .clone(.poolHasNoUUID(path: path, filesystem: filesystem))
        } catch {
            throw .clone(error)
        }
        if let known = source.pool, known != pool { throw .poolChanged(name: source.name, path: FilePath(image.path)) }
        let place: SnapshotPlace
        do {
            place = try open(path, kernel: kernel)
        } catch .clone(.noSuchFile) {
            try mayMake(SnapshotDirectory(path: path, pool: pool))
            try checkCanHoldClones(above: path, of: image, pool: pool, kernel: kernel)
            var parent = path
            for _ in 0..<partsToMake(for: source) { parent.removeLastComponent() }
            try beneath { () throws(CloneError) in _ = try OpenFile(parent.string, flags: [.directory, .pathOnly], kernel: kernel) }
            return (nil, pool)
        }
        guard place.pool == pool else { throw .clone(.differentFilesystem(image: image.path, directory: path.string)) }
        return (place, pool)
    }

    /// The default place is `.losnap/NAME`, two new directories; of a place that the user named only the last.
    private static func partsToMake(for source: Source) -> Int { source.snapshotDirectory == nil ? 2 : 1 }

    private static func checkCanHoldClones(
        above directory: FilePath, of image: ImageFile, pool: PoolIdentity, kernel: Kernel
    ) throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            let file = try openNearestDirectory(directory, kernel: kernel)
            guard try PoolIdentity.of(file.descriptor, path: file.path) == pool else {
                throw .differentFilesystem(image: image.path, directory: file.path)
            }
            try SharingProbe(kernel: kernel).probe(directory: file.descriptor, path: file.path)
        }
    }

    private static func probeSharing(in directory: FilePath, kernel: Kernel) throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            let file = try openDirectoryMindingLinks(directory.string, kernel: kernel)
            try SharingProbe(kernel: kernel).probe(directory: file.descriptor, path: file.path)
        }
    }

    // MARK: What is in it

    /// The plain names of what may be snapshots.
    ///
    /// - Throws: also when the disk stops answering half-way: a name that was not read must not count as a file that is gone.
    func names() throws(SnapshotsError) -> [String] {
        try beneath { () throws(CloneError) in
            try calling(.list, file.path) { () throws(Errno) in
                // A descriptor of its own, for the position in a directory is shared by duplicates; the stream closes it.
                let own = try kernel.open(file.descriptor, ".", [.directory], 0)
                var stream: DirectoryStream
                do throws(Errno) {
                    stream = try DirectoryStream(taking: own)
                } catch {
                    kernel.close(own)
                    throw error
                }
                var names: [String] = []
                while let entry = try stream.next() { if entry.name != Self.tagName { names.append(entry.name) } }
                return names
            }
        }
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
        let record: SnapshotRecord
        do throws(SnapshotsError) {
            record = try self.record(of: opened)
        } catch .invalidRecord {
            throw .notTheSnapshot(path: path, id: id)
        }
        guard record.id == id else { throw .notTheSnapshot(path: path, id: id) }
        return (opened, record)
    }

    /// The same for the file of a row, by which it must be there.
    func open(_ row: Snapshot) throws(SnapshotsError) -> (file: OpenFile, record: SnapshotRecord) {
        guard let name = row.fileName else { throw .wrongState(number: row.number, state: row.state) }
        do throws(SnapshotsError) {
            return try open(name, expecting: row.id)
        } catch .clone(.noSuchFile) {
            throw .fileMissing(number: row.number, path: path.appending(name.text))
        }
    }

    /// The same where nothing but the blocks is looked at: that the record has that UUID is seen in its bytes, for reading all of it takes
    /// longer than all the rest.
    func openForLooking(_ row: Snapshot) throws(SnapshotsError) -> OpenFile {
        guard let name = row.fileName else { throw .wrongState(number: row.number, state: row.state) }
        let opened = try open(name)
        let status = try beneath { () throws(CloneError) in try opened.status() }
        let user = geteuid()
        guard status.kind == .regular, status.uid == user,
            let bytes = try? kernel.getXattr(opened.descriptor, RecordAttribute.name(user: user)),
            SnapshotRecord.names(row.id, in: bytes)
        else { throw .notTheSnapshot(path: path.appending(name.text), id: row.id) }
        return opened
    }

    /// Makes what was done to names in this directory durable.
    func synchronize() throws(SnapshotsError) {
        try beneath { () throws(CloneError) in
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        }
    }
}
