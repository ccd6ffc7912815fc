// What restores that were cut off have left beside an image. The rule: only a clone that its mark proves to be one that never took the image's place is
// removed; the image as it was before, and all else by such a name, is only reported (promise P3).

import CloneCore
import SystemPackage

extension Store {
    /// Removes the clones that restores have left beside a source's image, and reports what else they have.
    func repairHidden(of source: Source, _ request: RepairRequest) throws(SnapshotsError) -> [RepairStep] {
        guard !source.isRemoved, let name = source.imagePath.lastComponent?.string,
            let directory = try? openDirectoryMindingLinks(source.imagePath.removingLastComponent().string, kernel: kernel)
        else { return [] }
        let (names, more) = HiddenName(of: name).all(in: directory, kernel: kernel)
        guard !names.isEmpty else { return [] }
        // A restore that is at work holds the lock of the directory where the safety snapshot goes. Without one there is none at work.
        var lock = DirectoryLocks.none
        if !request.isDryRun, let place = try? SnapshotPlace.open(SnapshotPlace.path(of: source), kernel: kernel) {
            guard let free = try lockIfFree([(place, source.name)], besides: .none) else { return [] }
            lock = free
        }
        defer { withExtendedLifetime(lock) {} }
        let untold = RepairStep(kind: .restoreLeft, source: source.name, path: source.imagePath, detail: "\(more) more files beside it")
        return (more > 0 ? [untold] : [])
            + names.map { name in
                let path = FilePath(directory.path).appending(name)
                do throws(CloneError) {
                    guard try isLeftClone(name, in: directory) else {
                        return RepairStep(
                            kind: .restoreLeft, source: source.name, path: path, detail: "may be the previous image",
                            hint: "check its content; if nobody needs it: rm \(path.string.shellWord)")
                    }
                    if !request.isDryRun { try removeLeftClone(name, in: directory) }
                    return RepairStep(kind: .cloneRemoved, source: source.name, path: path)
                } catch {
                    return RepairStep(kind: .restoreLeft, source: source.name, path: path, detail: error.message, hint: error.hint)
                }
            }
    }

    private func isLeftClone(_ name: String, in directory: OpenFile) throws(CloneError) -> Bool {
        guard let file = try regularFile(name, in: directory) else { return false }
        return HiddenCloneMark.proves(file, named: name, catalogue: catalogue.id, kernel: kernel)
    }

    /// Looked at before it is opened; nil: something else.
    private func regularFile(_ name: String, in directory: OpenFile) throws(CloneError) -> OpenFile? {
        let found = try OpenFile(name, in: directory, flags: [.pathOnly], kernel: kernel)
        guard try found.status().kind == .regular else { return nil }
        return try found.reopened([.nonBlocking], path: found.path)
    }

    private func removeLeftClone(_ name: String, in directory: OpenFile) throws(CloneError) {
        // Once more, for the name may be somebody else's to give.
        guard try isLeftClone(name, in: directory) else { return }
        try calling(.remove, directory.path + "/" + name) { () throws(Errno) in try kernel.unlink(directory.descriptor, name) }
        try calling(.sync, directory.path) { () throws(Errno) in try kernel.synchronize(directory.descriptor) }
    }
}
