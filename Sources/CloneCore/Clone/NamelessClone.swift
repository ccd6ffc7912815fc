// A file without a name, ready to take an image's blocks. The rule: until it is published a crash leaves nothing of it behind.

package import SystemPackage

/// The nameless destination of a clone (open(2), O_TMPFILE), with the image's traits.
public final class NamelessClone: Sendable {
    package let file: OpenFile
    private let directory: OpenFile
    private let kernel: Kernel

    /// Makes the file in `directory` and proves that it can share blocks with the image, by trying with the first block.
    ///
    /// - Throws: `differentFilesystem`, `cannotShareBlocks`, `readOnly`, `full`, ...: the refusals that are to come before any freeze.
    ///
    /// - Parameter traits: those it is to have; nil: the image's own.
    package init(
        of image: OpenFile, in directory: OpenFile, traits: ImageTraits? = nil, kernel: Kernel
    ) throws(CloneError) {
        self.directory = directory
        self.kernel = kernel
        let fd: CInt
        do {
            fd = try kernel.openNameless(directory.descriptor, 0o600)
        } catch .notSupported {
            throw .cannotShareBlocks(directory: directory.path, filesystem: filesystemName(of: directory, kernel: kernel))
        } catch {
            throw CloneError(error, .createFile, directory.path)
        }
        file = OpenFile(adopting: fd, path: directory.path, kernel: kernel)
        let traits = if let traits { traits } else { try ImageTraits(of: image, kernel: kernel) }
        try traits.apply(to: file, kernel: kernel)
        try probe(image)
    }

    /// A clone of one block fails for the reasons for which the whole would.
    private func probe(_ image: OpenFile) throws(CloneError) {
        let size = try image.status().size
        // 64 KiB is a multiple of every block size; a shorter image is cloned to its end.
        let length: UInt64 = size > 65536 ? 65536 : 0
        do {
            try kernel.cloneRange(file.descriptor, image.descriptor, 0, length)
        } catch {
            throw CloneError.ofClone(error, image: image, directory: directory, kernel: kernel)
        }
        try calling(.truncate, directory.path) { () throws(Errno) in try kernel.truncate(file.descriptor, 0) }
    }

    /// Gives it its name: the moment it exists. Never overwrites.
    package func publish(as name: String) throws(CloneError) {
        let path = directory.path + "/" + name
        try calling(.link, path) { () throws(Errno) in try kernel.link(file.descriptor, directory.descriptor, name) }
    }
}

extension CloneError {
    /// What an errno of FICLONE or FICLONERANGE means (ioctl_ficlonerange(2)).
    package static func ofClone(_ error: Errno, image: OpenFile, directory: OpenFile, kernel: Kernel) -> CloneError {
        switch error {
        case .improperLink: return .differentFilesystem(image: image.path, directory: directory.path)
        case .notSupported, .inappropriateIOCTLForDevice:
            let name = filesystemName(of: directory, kernel: kernel)
            return .cannotShareBlocks(directory: directory.path, filesystem: name == "xfs" ? "xfs made without reflink" : name)
        case .invalidArgument where isOverFileSizeLimit((try? kernel.status(image.descriptor).size) ?? 0):
            return .system(.clone, path: image.path, .fileTooLarge)
        case .invalidArgument:
            // Older kernels' word for XFS made without reflink; or exactly one of the two is nodatacow.
            let name = filesystemName(of: directory, kernel: kernel)
            if name == "xfs" { return .cannotShareBlocks(directory: directory.path, filesystem: "xfs made without reflink") }
            return .cloneRefused(image: image.path, directory: directory.path)
        case .textFileBusy: return .swapFile(path: image.path)
        default: return CloneError(error, .clone, image.path)
        }
    }
}

/// The name of the filesystem that an open directory is on.
package func filesystemName(of directory: OpenFile, kernel: Kernel) -> String {
    filesystemName(magic: (try? kernel.filesystemStatus(directory.descriptor).magic) ?? 0)
}
