// What is there of a path that may not be there as a whole. The rule: only "no such file" leads one step up; any other error says that
// nothing is known.

import CloneCore
import SystemPackage

/// Opens the directory at an absolute path, or the nearest one above it that is there.
func openNearestDirectory(_ path: FilePath, kernel: Kernel) throws(CloneError) -> OpenFile {
    var path = path
    while true {
        do throws(CloneError) {
            return try openDirectoryMindingLinks(path.string, kernel: kernel)
        } catch .noSuchFile {
            guard path.removeLastComponent() else { throw .noSuchFile(path: path.string) }
        } catch {
            throw error
        }
    }
}
