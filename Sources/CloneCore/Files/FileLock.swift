// Locks between losnap processes: flock(2) on small files that say who holds them. The rule: the kernel drops a lock with the process
// that held it, so there is no stale one; a file is only removed by whoever holds its lock (`clearImageLocks`), and whoever gets a lock looks whether
// its file still has the name, or two processes would lock two files of one name.

internal import Glibc
internal import SystemPackage

/// A lock held until the last reference is gone.
public final class FileLock: Sendable {
    private let file: OpenFile

    private init(file: OpenFile) { self.file = file }

    /// Takes the lock `name`.
    ///
    /// - Parameters:
    ///   - what: what is being locked, in words for the message.
    ///   - wait: whether to wait for a holder to end; without it a held lock throws `CloneError.locked`.
    ///   - limit: how long to wait at most, in nanoseconds; nil: for ever.
    package static func take(
        _ name: String, for what: String, in directory: OpenFile, wait: Bool, atMost limit: UInt64? = nil, kernel: Kernel
    ) throws(CloneError) -> FileLock {
        let file: OpenFile
        do throws(CloneError) {
            file = try OpenFile(name, in: directory, flags: [.write, .create], mode: 0o600, kernel: kernel)
        } catch .system(.open, let path, let error) {
            throw .system(.lock, path: path, error)
        }
        do {
            try kernel.lock(file.descriptor, false)
        } catch .wouldBlock {
            guard wait else { throw .locked(what: what, holder: holder(file)) }
            if limit == nil, !DeferredSignals.areHeld {
                try waitForLock(file, kernel: kernel)
            } else {
                try lookForLock(file, until: limit.map { kernel.bootTime() + $0 } ?? .max, what, kernel: kernel)
            }
        } catch {
            throw CloneError(error, .lock, file.path)
        }
        // Its file may have been cleared away while it was waited for (`clearImageLocks`): then it is no lock of that name any more.
        guard try file.isStill(name, in: directory, kernel: kernel) else {
            return try take(name, for: what, in: directory, wait: wait, atMost: limit, kernel: kernel)
        }
        // For the message of whoever comes second; a failure here harms nobody.
        let note = "process \(getpid())\n"
        _ = ftruncate(file.descriptor, 0)
        _ = note.withCString { pwrite(file.descriptor, $0, strlen($0), 0) }
        return FileLock(file: file)
    }

    private static func waitForLock(_ file: OpenFile, kernel: Kernel) throws(CloneError) {
        while true {
            do {
                return try kernel.lock(file.descriptor, true)
            } catch .interrupted {
                continue
            } catch {
                throw CloneError(error, .lock, file.path)
            }
        }
    }

    /// Looks again and again, for a wait that has an end: at a time, or by a signal that is held back.
    private static func lookForLock(_ file: OpenFile, until end: UInt64, _ what: String, kernel: Kernel) throws(CloneError) {
        while true {
            do {
                return try kernel.lock(file.descriptor, false)
            } catch .wouldBlock {
                if kernel.bootTime() >= end { throw .locked(what: what, holder: holder(file)) }
                try DeferredSignals.check()
                usleep(20_000)
            } catch {
                throw CloneError(error, .lock, file.path)
            }
        }
    }

    private static func holder(_ file: OpenFile) -> String? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = pread(file.descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let text = String(decoding: buffer[..<count], as: UTF8.self).filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == " ") }
        return text.isEmpty ? nil : text
    }
}

extension FileLock {
    /// The lock of an image: one clone, restore or removal at a time, from whatever catalogue.
    package static func ofImage(
        _ image: FileIdentity, path: String, in directory: OpenFile, wait: Bool, atMost limit: UInt64? = nil, kernel: Kernel
    ) throws(CloneError) -> FileLock {
        try take("image-\(image.device)-\(image.inode)", for: path, in: directory, wait: wait, atMost: limit, kernel: kernel)
    }

    /// The lock of a filesystem while it is frozen, so that images in one another exclude each other.
    package static func ofFilesystem(
        _ device: DeviceNumber, path: String, in directory: OpenFile, wait: Bool, atMost limit: UInt64? = nil, kernel: Kernel
    ) throws(CloneError) -> FileLock {
        try take("filesystem-\(device.major)-\(device.minor)", for: path, in: directory, wait: wait, atMost: limit, kernel: kernel)
    }
}
