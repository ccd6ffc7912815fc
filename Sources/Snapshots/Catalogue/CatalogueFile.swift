// The catalogue as a file among others: is it there, whose is it, on what disk. The rule: nobody but the user who runs losnap may be able to
// put, change or exchange it, for whoever can decides what root removes. Looks only at names and inodes: SQLite's locks
// die when anything else in the process closes a descriptor of its file.

import CloneCore
import Foundation
import Glibc
import SystemPackage

/// The catalogue's path and what the kernel says of it.
struct CatalogueFile {
    let path: FilePath
    var directory: FilePath { path.removingLastComponent() }

    init(path: FilePath) throws(SnapshotsError) {
        guard path.isAbsolute else { throw .invalidPath(path: path, problem: .notAbsolute) }
        guard path.lastComponent != nil else { throw .notACatalogue(path: path, problem: .notAFile) }
        guard path.length < Int(PATH_MAX) - 16 else { throw .invalidPath(path: path, problem: .tooLong) }
        guard String(validating: path) != nil else { throw .invalidPath(path: path, problem: .notUTF8) }
        self.path = path
    }

    /// Whether there is a file by that name.
    ///
    /// - Throws: when what is there can't be a catalogue, or can't be trusted.
    func isThere(user: UInt32) throws(SnapshotsError) -> Bool {
        guard let status = try status(of: path) else { return false }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notACatalogue(path: path, problem: .notAFile) }
        try checkDirectories(user: user)
        try Self.check(uid: status.st_uid, mode: status.st_mode, at: path, user: user, .mustBeOwn)
        guard status.st_size > 0 else { throw .notACatalogue(path: path, problem: .empty) }
        return true
    }

    /// Whether a catalogue that there was is gone: the reserve that was made after it is there without it.
    func isLost(user: UInt32) throws(SnapshotsError) -> Bool {
        let reserve = CatalogueReserve(besides: path)
        // Not opened where somebody else could have put it.
        guard try status(of: reserve.path) != nil else { return false }
        try checkDirectories(user: user)
        // Asked in this order, for another process may just be making both.
        guard reserve.holdsOurs else { return false }
        return try !isThere(user: user)
    }

    /// The directory belongs to the user, and nobody else can change what lies in it; for root, nobody else can exchange what leads to it, links
    /// included: one of somebody else could lead elsewhere a moment later.
    ///
    /// - Parameter makes: whether it is made if it is not there.
    func checkDirectories(user: UInt32, makes: Bool = false) throws(SnapshotsError) {
        let found: OpenFile
        let status: FileStatus
        do throws(CloneError) {
            found = try findDirectory(directory.string, mustBeTrusted: user == 0, makes: makes, kernel: .linux)
            status = try found.status()
        } catch {
            throw failure(error)
        }
        try Self.check(uid: status.uid, mode: status.mode, at: FilePath(found.path), user: user, .ownOrRoots)
    }

    /// What an error on the way to the directory means.
    private func failure(_ error: CloneError) -> SnapshotsError {
        switch error {
        case .runtimeExposed(let path, .owner(let owner)):
            .catalogueExposed(path: FilePath(path), problem: .owner(user: owner, expected: 0))
        case .runtimeExposed(let path, .writable(let mode)): .catalogueExposed(path: FilePath(path), problem: .writable(mode: mode))
        case .noSuchFile: failure(ENOENT)
        case .notPermitted: failure(EACCES)
        case .readOnly: failure(EROFS)
        case .full: failure(ENOSPC)
        case .inputOutput: failure(EIO)
        case .system(_, _, let code): failure(code.rawValue)
        default: .clone(error)
        }
    }

    private enum Ownership { case mustBeOwn, ownOrRoots }

    private static func check(
        uid: UInt32, mode: UInt32, at path: FilePath, user: UInt32, _ ownership: Ownership
    ) throws(SnapshotsError) {
        guard uid == user || (ownership == .ownOrRoots && uid == 0) else {
            throw .catalogueExposed(path: path, problem: .owner(user: uid, expected: user))
        }
        guard mode & 0o022 == 0 else { throw .catalogueExposed(path: path, problem: .writable(mode: mode & 0o7777)) }
    }

    private func status(of path: FilePath) throws(SnapshotsError) -> stat? {
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0 else {
            if errno == ENOENT { return nil }
            if errno == EACCES { throw .catalogueExposed(path: path, problem: .unreadable) }
            throw failure(errno)
        }
        return status
    }

    /// What of the path is there, and no directory.
    private var blockingFile: FilePath {
        var path = self.path.removingLastComponent()
        var status = stat()
        while path.withPlatformString({ lstat($0, &status) }) != 0, path.removeLastComponent() {}
        return path
    }

    /// What an errno from a call on the catalogue's name means.
    func failure(_ code: CInt) -> SnapshotsError {
        switch code {
        case ENOENT: .catalogueMissing(path: path)
        case ENOTDIR: .clone(.notADirectory(path: blockingFile.string))
        case EACCES, EPERM: .catalogueNotWritable(path: path, problem: .notPermitted)
        case EROFS: .catalogueNotWritable(path: path, problem: .readOnlyFilesystem)
        case ENOSPC, EDQUOT: .catalogueFull(path: path)
        case ENAMETOOLONG: .invalidPath(path: path, problem: .tooLong)
        case EIO: .catalogueInputOutput(path: path, detail: "input/output error")
        default: .catalogueFailed(path: path, detail: String(cString: strerror(code)))
        }
    }

    // MARK: The disk

    /// Whether the filesystem is mounted read-only.
    var isOnReadOnlyFilesystem: Bool {
        var facts = statvfs()
        return statvfs(directory.string, &facts) == 0 && facts.f_flag & UInt(ST_RDONLY) != 0
    }

    /// Whether the filesystem has given up, as it does when its log can't be written. XFS then lets nothing be looked at, not even a
    /// directory be opened; ext4 still shows what is in memory, and refuses to bring anything to the disk.
    var isOnDeadFilesystem: Bool {
        let descriptor = open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EIO }
        defer { close(descriptor) }
        return fsync(descriptor) != 0 && errno == EIO
    }

    /// Whether so little is free that SQLite can't make its side files. Found by trying, too: a part of what statvfs(2) calls free may be
    /// the filesystem's own (ext4 keeps 2 %).
    var isOnFullFilesystem: Bool { hasLessFree(than: 256 << 10) || !hasRoom(for: 256 << 10) }

    /// Whether it, or a file beside it, is about as large as this process may make one.
    var isAtFileSizeLimit: Bool {
        let sizes = ["", "-wal", "-shm"].map { ending in
            var facts = stat()
            return stat(path.string + ending, &facts) == 0 ? UInt64(clamping: facts.st_size) : 0
        }
        return isOverFileSizeLimit((sizes.max() ?? 0) + (256 << 10))
    }

    private func hasRoom(for bytes: off_t) -> Bool {
        var name = Array("\(path.string).room-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { return errno != ENOSPC && errno != EDQUOT }
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        defer { close(descriptor) }
        let error = posix_fallocate(descriptor, 0, bytes)
        return error != ENOSPC && error != EDQUOT
    }

    /// Whether less than that many bytes are free to this user.
    func hasLessFree(than bytes: UInt64) -> Bool {
        var facts = statvfs()
        guard statvfs(directory.string, &facts) == 0 else { return false }
        let free = geteuid() == 0 ? facts.f_bfree : facts.f_bavail
        return UInt64(free) < bytes / max(1, UInt64(facts.f_frsize))
    }

    /// Whether this process may make files in the directory.
    var directoryIsWritable: Bool { access(directory.string, W_OK | X_OK) == 0 }

    /// Whether the file itself may be read.
    var isReadable: Bool { access(path.string, R_OK) == 0 }

    /// Whether there is a write-ahead log that holds something.
    var hasLog: Bool {
        var status = stat()
        return stat(path.string + "-wal", &status) == 0 && status.st_size > 0
    }
}
