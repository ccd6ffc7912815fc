// Directories that only we may write: for locks and freeze records. The rule: the directory is ours alone, and every one above it belongs to
// root or to us and can't be written by others, unless it is sticky, where they can't rename what is not theirs; for whoever can put,
// rename or exchange what lies there could steer what root does (promise P7). What is there is only opened, never made again: mkdir
// waits on a frozen filesystem.

internal import SystemPackage

/// Opens, and makes if need be, a directory that belongs to the running user alone.
///
/// - Throws: `runtimeExposed`, naming the part of the path that somebody else could steer.
package func openPrivateDirectory(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    var walk = try TrustedWalk(.making, kernel: kernel)
    let whole = try absolutePath(path)
    let leaf = whole.split(separator: "/").last ?? whole[...]
    try walk.follow(String(whole[..<leaf.startIndex]))
    walk.manner.followsLinks = false
    try walk.step(String(leaf))
    if let exposure = walk.exposureOfDirectory(mustBeOurs: true) { throw .runtimeExposed(path: walk.directory.path, exposure) }
    return try walk.open(path)
}
