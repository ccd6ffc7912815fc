// Opening a directory so that nobody else can have chosen it: step by step from the root, without symbolic links. The rule: every
// directory on the way belongs to root or to us, and nobody else may write it, unless it is sticky, where others can't rename what is
// ours (promise P7).

import CloneCore
import Glibc
import SystemPackage

/// Opens the directory at an absolute path.
///
/// - Throws: ``SnapshotsError/directoryExposed(path:exposure:)``, and what opening throws.
func openTrustedDirectory(_ path: FilePath, kernel: Kernel) throws(SnapshotsError) -> OpenFile {
    try openTrustedDirectory(path, makes: 0, kernel: kernel).file
}

/// The same, making what is missing of its last `makes` parts, for its owner alone. Says how many it made.
func openTrustedDirectory(_ path: FilePath, makes: Int, kernel: Kernel) throws(SnapshotsError) -> (file: OpenFile, made: Int) {
    guard path.isAbsolute else { throw .invalidPath(path: path, problem: .notAbsolute) }
    var directory = try beneath { () throws(CloneError) in try OpenFile("/", flags: [.directory], kernel: kernel) }
    var walked = ""
    var made = 0
    let parts = path.parts
    for (index, part) in parts.enumerated() {
        walked += "/" + part
        let parent = directory
        let mayMake = index >= parts.count - makes
        directory = try beneath { () throws(CloneError) in
            try openOrMake(part, in: parent, path: walked, makes: mayMake, &made, kernel: kernel)
        }
        let isLast = index == parts.count - 1
        if let exposure = try exposure(of: directory, isLast: isLast) {
            throw .directoryExposed(path: FilePath(walked), exposure: exposure)
        }
    }
    return (directory, made)
}

private func openOrMake(
    _ name: String, in parent: OpenFile, path: String, makes: Bool, _ made: inout Int, kernel: Kernel
) throws(CloneError) -> OpenFile {
    var isNew = false
    if makes {
        do {
            try kernel.makeDirectory(parent.descriptor, name, 0o700)
            isNew = true
        } catch .fileExists {
        } catch {
            throw CloneError(error, .createDirectory, path)
        }
    }
    let fd: CInt
    do {
        fd = try kernel.open(parent.descriptor, name, [.directory, .noLinks], 0)
    } catch .tooManySymbolicLinkLevels {
        throw .notADirectory(path: path)
    } catch .notDirectory {
        // A link or a file in the way is no missing directory: what should lie there must not count as lost.
        throw .notADirectory(path: path)
    } catch {
        throw CloneError(error, .open, path)
    }
    let directory = OpenFile(adopting: fd, path: path, kernel: kernel)
    if isNew {
        // Whatever the umask was. A new directory is durable when its parent is.
        try calling(.setMode, path) { () throws(Errno) in try kernel.setMode(fd, 0o700) }
        try calling(.sync, path) { () throws(Errno) in try kernel.synchronize(parent.descriptor) }
        made += 1
    }
    return directory
}

private func exposure(of directory: OpenFile, isLast: Bool) throws(SnapshotsError) -> Exposure? {
    let status = try beneath { () throws(CloneError) in try directory.status() }
    let user = geteuid()
    let isOwned = status.uid == user || (!isLast && status.uid == 0)
    guard isOwned else { return .owner(user: status.uid) }
    let othersWrite = status.permissions & 0o022 != 0
    let isSticky = status.permissions & 0o1000 != 0
    if othersWrite && (isLast || !isSticky) { return .writable(mode: status.permissions) }
    return nil
}
