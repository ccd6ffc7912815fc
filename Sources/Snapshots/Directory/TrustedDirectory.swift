// Opening a snapshot directory so that nobody else can have chosen it: step by step from the root, without symbolic links. The rule: every
// directory on the way belongs to root or to us, and nobody else may write it, unless it is sticky, where others can't rename what is
// ours (promise P7).

import CloneCore
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
    do throws(CloneError) {
        return try openOwnDirectory(path.string, makes: makes, kernel: kernel)
    } catch .runtimeExposed(let path, let exposure) {
        throw .directoryExposed(path: FilePath(path), exposure: exposure)
    } catch {
        throw .clone(error)
    }
}
