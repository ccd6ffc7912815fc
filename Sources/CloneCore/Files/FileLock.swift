// Locks between losnap processes: flock(2) on small files that say who holds them. The rule: the kernel drops a lock with the process
// that held it, so there is no stale one; a file is only removed by whoever holds its lock (`clearImageLocks`), and whoever gets a lock looks whether
// its file still has the name, or two processes would lock two files of one name.

internal import Glibc
internal import SystemPackage

/// A lock held until the last reference is gone.
public final class FileLock: Sendable {
    private let file: OpenFile

    private init(file: OpenFile) { self.file = file }

    /// For the guard, which holds the lock by this descriptor, too.
    var descriptor: CInt { file.descriptor }

    /// Takes the lock `name`.
    ///
    /// - Parameters:
    ///   - what: what is being locked, in words for the message.
    ///   - wait: whether to wait for a holder to end, and how; without it a held lock throws `CloneError.locked`.
    package static func take(
        _ name: String, for what: String, in directory: OpenFile, waiting wait: LockWait, kernel: Kernel
    ) throws(CloneError) -> FileLock {
        let file: OpenFile
        do throws(CloneError) {
            file = try OpenFile(name, in: directory, flags: [.write, .create], mode: 0o600, kernel: kernel)
        } catch .system(.open, let path, let error) {
            throw .system(.lock, path: path, error)
        }
        if try !lock(file, waits: false, kernel: kernel) {
            var isOurs = false
            if wait.waits {
                isOurs = try wait.wait(for: what, holder: { owner(file) }, kernel: kernel) { (waits) throws(CloneError) in
                    try lock(file, waits: waits, kernel: kernel)
                }
            }
            if !isOurs { throw .locked(what: what, holder: owner(file).map { "process \($0.pid)" }) }
        }
        // Its file may have been cleared away while it was waited for (`clearImageLocks`): then it is no lock of that name any more.
        guard try file.isStill(name, in: directory, kernel: kernel) else {
            return try take(name, for: what, in: directory, waiting: wait, kernel: kernel)
        }
        // For the message of whoever comes second; a failure here harms nobody.
        let note = "process \(getpid())\n"
        _ = ftruncate(file.descriptor, 0)
        _ = note.withCString { pwrite(file.descriptor, $0, strlen($0), 0) }
        return FileLock(file: file)
    }

    /// False: somebody has it.
    private static func lock(_ file: OpenFile, waits: Bool, kernel: Kernel) throws(CloneError) -> Bool {
        while true {
            do {
                try kernel.lock(file.descriptor, waits)
                return true
            } catch .wouldBlock {
                return false
            } catch .interrupted {
                continue
            } catch {
                throw CloneError(error, .lock, file.path)
            }
        }
    }

    private static func owner(_ file: OpenFile) -> LockOwner? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = pread(file.descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let words = String(decoding: buffer[..<count], as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "process", let pid = Int32(words[1]) else { return nil }
        return LockOwner(pid: pid)
    }
}

extension FileLock {
    /// The lock of an image: one clone, restore or removal at a time, from whatever catalogue.
    package static func ofImage(
        _ image: FileIdentity, path: String, in directory: OpenFile, waiting wait: LockWait, kernel: Kernel
    ) throws(CloneError) -> FileLock {
        try take("image-\(image.device)-\(image.inode)", for: path, in: directory, waiting: wait, kernel: kernel)
    }

    /// The lock of a filesystem while it is frozen, so that images in one another exclude each other.
    package static func ofFilesystem(
        _ device: DeviceNumber, path: String, in directory: OpenFile, waiting wait: LockWait, kernel: Kernel
    ) throws(CloneError) -> FileLock {
        try take(filesystemName(of: device), for: path, in: directory, waiting: wait, kernel: kernel)
    }

    /// Its name.
    static func filesystemName(of device: DeviceNumber) -> String { "filesystem-\(device.major)-\(device.minor)" }
}
