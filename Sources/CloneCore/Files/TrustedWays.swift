// What leads to a file, as far as others could turn it. The rule: looked at is every step on the way, those behind symbolic links included, so that what was
// found stays true: nobody but root and we can change it.

internal import SystemPackage

/// Proves that nobody but root and we can lead an absolute path to another directory.
///
/// - Throws: `runtimeExposed`, naming the part of the path that somebody else could steer, and what opening throws.
package func checkTrustedWay(to directory: String, kernel: Kernel) throws(CloneError) {
    var walk = try TrustedWalk(.looking, kernel: kernel)
    try walk.follow(absolutePath(directory))
}

/// Opens a directory without following symbolic links of others: whoever owns a directory on the way could else have what root makes land
/// where only root may write. Directories they can't bring there.
///
/// - Throws: `linkOfAnother`, and what opening throws.
package func openDirectoryMindingLinks(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    var walk = try TrustedWalk(.mindingLinks, kernel: kernel)
    try walk.follow(absolutePath(path))
    return try walk.open(path)
}

/// What somebody else could do with a program that is about to be run: with its file, or what leads to it. Nil: nothing, or it is not there.
package func exposure(ofProgram path: String, kernel: Kernel) -> (path: String, exposure: Exposure)? {
    do throws(CloneError) {
        var walk = try TrustedWalk(.looking, kernel: kernel)
        try walk.lookAtFile(path)
        return nil
    } catch .runtimeExposed(let path, let exposure) {
        return (path, exposure)
    } catch {
        return nil
    }
}
