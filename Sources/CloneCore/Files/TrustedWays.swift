// The uses of the trusted walk, one for each kind of place. The rule: every path that comes from a user, a file or a directory of others is walked by
// one of these; whoever needs another writes it here.

internal import SystemPackage

/// What a path leads to, through links of root's and ours, whoever owns the directories: who owns one on the way could else lead root by
/// a link to what only root may touch. Directories they can't bring there.
///
/// - Throws: `linkOfAnother`, `notADirectory`, and what opening throws; a last name that nothing has is no error.
package func findMindingLinks(_ path: String, kernel: Kernel) throws(CloneError) -> FoundPath {
    var walk = try TrustedWalk(.mindingLinks, kernel: kernel)
    return try walk.find(absolutePath(path))
}

/// The path of what is there without symbolic links, as realpath(3) gives it, through links of root's and ours only.
///
/// - Throws: `noSuchFile`, and what `findMindingLinks` throws.
package func pathMindingLinks(_ path: String, kernel: Kernel) throws(CloneError) -> String {
    let found = try findMindingLinks(path, kernel: kernel)
    guard found.file != nil else { throw .noSuchFile(path: path) }
    return found.path
}

/// Opens a directory in the same way. Its path is the one without links.
package func openDirectoryMindingLinks(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    var walk = try TrustedWalk(.mindingLinks, kernel: kernel)
    try walk.follow(absolutePath(path))
    return try walk.open(walk.directory.path)
}

/// Opens a directory that is reached without any link, whoever owns it.
package func openDirectoryWithoutLinks(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    var walk = try TrustedWalk(.init(judgesDirectories: false, followsLinks: false, makes: false), kernel: kernel)
    try walk.follow(absolutePath(path))
    return try walk.open(walk.directory.path)
}

/// Opens a directory or regular file by a path that the kernel gave, as of a mount point, which may begin with `/proc/PID/root`: whose links lead there
/// is not asked, for what is opened is proved by what it is; but nothing else is opened.
///
/// - Throws: `noSuchFile` if it is neither, and what opening throws.
package func openPlace(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    let place = try OpenFile(path, flags: [.pathOnly, .followLinks], kernel: kernel)
    let kind = try place.status().kind
    guard kind == .directory || kind == .regular else { throw .noSuchFile(path: path) }
    return try place.reopened([.nonBlocking], path: path)
}

/// Goes to a directory for names in it, through links of root's and ours.
///
/// - Parameters:
///   - mustBeTrusted: whether nobody but root and we may be able to lead the path elsewhere; else only links are judged.
///   - makes: whether what is missing is made, for us alone; never behind a link.
/// - Returns: the directory, for looking; its path is the one without links.
/// - Throws: `runtimeExposed`, naming the part of the path that somebody else could steer, `linkOfAnother`, and what opening throws.
package func findDirectory(
    _ path: String, mustBeTrusted: Bool, makes: Bool = false, kernel: Kernel
) throws(CloneError) -> OpenFile {
    var walk = try TrustedWalk(.init(judgesDirectories: mustBeTrusted, followsLinks: true, makes: makes), kernel: kernel)
    try walk.follow(absolutePath(path))
    return walk.directory
}

/// Opens a directory of ours by the path that was recorded of it: no links, and nobody else may write what leads to it, or it.
///
/// - Parameters:
///   - makes: how many of the path's last parts are made if they are missing.
/// - Returns: the directory, and how many parts were made.
/// - Throws: `runtimeExposed`, `notADirectory` for a link, and what opening throws.
package func openOwnDirectory(_ path: String, makes: Int, kernel: Kernel) throws(CloneError) -> (file: OpenFile, made: Int) {
    var walk = try TrustedWalk(.withoutLinks, kernel: kernel)
    let parts = FilePath(path).parts
    for (index, part) in parts.enumerated() {
        walk.manner.makes = index >= parts.count - makes
        try walk.step(part)
    }
    if let exposure = walk.exposureOfDirectory(mustBeOurs: true) { throw .runtimeExposed(path: walk.directory.path, exposure) }
    return (try walk.open(path), walk.made)
}

/// Finds a file that nobody but root and we can change or exchange, through links of root's and ours. It is not opened: `FoundPath.file` can
/// be run or opened later, and is what was judged.
///
/// - Throws: `runtimeExposed` for what somebody else could change: the file or what leads to it; and what opening throws.
package func findTrustedFile(_ path: String, kernel: Kernel) throws(CloneError) -> FoundPath {
    var walk = try TrustedWalk(.looking, kernel: kernel)
    let found = try walk.find(absolutePath(path))
    guard let status = found.status, found.file != nil else { throw .noSuchFile(path: found.path) }
    if let exposure = status.exposure { throw .runtimeExposed(path: found.path, exposure) }
    return found
}
