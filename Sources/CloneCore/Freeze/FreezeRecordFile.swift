// A freeze record as a file. The rules: it gets its name before FIFREEZE and loses it after the thaw; its name is taken from no other record; and
// it is removed by its owner, its owner's guard or, under the filesystem's lock, by who has thawed what it tells of.

internal import Glibc
internal import SystemPackage

/// The record of a freeze that this process is about to make.
final class FreezeRecordFile {
    private let directory: OpenFile
    private let name: String
    private let draft: String
    private var isPublished = false
    private let kernel: Kernel
    /// For the guard, which writes how far the freeze is.
    let file: OpenFile

    /// Makes the file, still without the record's name. The place for the state is in it from the beginning: later no memory is taken.
    init(for device: DeviceNumber, in directory: OpenFile, kernel: Kernel) throws(CloneError) {
        self.directory = directory
        self.kernel = kernel
        name = FreezeRecord.fileName(of: device)
        draft = ".\(name).\(getpid())"
        try? kernel.unlink(directory.descriptor, draft)  // of a process that had our number and was killed
        file = try OpenFile(draft, in: directory, flags: [.write, .createNew], mode: 0o600, kernel: kernel)
    }

    deinit {
        if !isPublished { try? kernel.unlink(directory.descriptor, draft) }
    }

    /// Writes the record and gives it its name in one step, so that nobody reads half of it.
    func publish(_ record: FreezeRecord) throws(CloneError) {
        let path = directory.path + "/" + name
        let bytes = Array(record.text.utf8)
        guard pwrite(file.descriptor, bytes, bytes.count, 0) == bytes.count else { throw CloneError(Errno(rawValue: errno), .write, path) }
        try calling(.rename, path) { () throws(Errno) in
            try kernel.rename(directory.descriptor, draft, directory.descriptor, name, .keepExisting)
        }
        isPublished = true
    }

    /// Removes the record, if it is still ours; that it is gone already is no error.
    func remove() throws(CloneError) {
        guard isPublished, let found = try? kernel.statusOf(directory.descriptor, name),
            found.identity == (try? kernel.status(file.descriptor))?.identity
        else { return }
        try FreezeRecord.remove(name, in: directory, kernel: kernel)
    }
}

extension FreezeRecord {
    /// The file's name in the directory of freeze records.
    package var fileName: String { Self.fileName(of: device) }

    /// The name of the record of the filesystem on that device.
    package static func fileName(of device: DeviceNumber) -> String { "\(device.major)-\(device.minor)" }

    /// nil: no freeze record has that name.
    static func device(ofFileName name: String) -> DeviceNumber? {
        DeviceNumber(name.replacing("-", with: ":")).flatMap { fileName(of: $0) == name ? $0 : nil }
    }

    /// Whether a file is the draft of a record whose writer was killed before it had its name: nothing had been frozen yet.
    package static func wasNeverFinished(_ name: String) -> Bool {
        guard name.hasPrefix("."), let pid = name.split(separator: ".").last.flatMap({ Int32($0) }) else { return false }
        return ProcessIdentity(pid: pid) == nil
    }

    /// nil: not a freeze record, or not the one that belongs there.
    static func read(_ name: String, in places: RuntimePlaces) -> FreezeRecord? {
        readSmallFile(places.frozen + "/" + name).flatMap { FreezeRecord(text: $0) }.flatMap { $0.fileName == name ? $0 : nil }
    }

    /// Removes a record; that it is gone already is no error.
    static func remove(_ name: String, in directory: OpenFile, kernel: Kernel) throws(CloneError) {
        do {
            try kernel.unlink(directory.descriptor, name)
        } catch .noSuchFileOrDirectory {
        } catch {
            throw CloneError(error, .remove, directory.path + "/" + name)
        }
    }
}
