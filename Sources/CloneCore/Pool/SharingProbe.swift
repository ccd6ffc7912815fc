// Whether a directory can hold clones is found by trying: a filesystem's name does not tell (XFS without reflink, overlay, NFS).
// The rule: nothing gets a name, so nothing is left, whatever happens.

internal import SystemPackage

/// Tries whether files in a directory can share blocks.
public struct SharingProbe: Sendable {
    let kernel: Kernel

    public init(kernel: Kernel = .linux) { self.kernel = kernel }

    /// Clones one written block from a nameless file to another in the directory.
    ///
    /// - Throws: `.cannotShareBlocks`, `.readOnly`, `.full`, `.notPermitted`, `.system`.
    public func probe(directory: CInt, path: String) throws(CloneError) {
        let source = try nameless(directory, path)
        defer { kernel.close(source) }
        let destination = try nameless(directory, path)
        defer { kernel.close(destination) }
        // A length alone, without blocks, would be cloned by copying nothing. 64 KiB is the largest block size there is.
        try calling(.write, path) { () throws(Errno) in try writeBlock(source) }
        do {
            try kernel.clone(destination, source)
        } catch {
            switch error {
            case .notSupported, .invalidArgument, .inappropriateIOCTLForDevice, .noFunction: throw cannotShare(directory, path)
            default: throw CloneError(error, .clone, path)
            }
        }
    }

    private func nameless(_ directory: CInt, _ path: String) throws(CloneError) -> CInt {
        do {
            return try kernel.openNameless(directory, 0o600)
        } catch {
            // Filesystems without O_TMPFILE have no FICLONE either.
            if error == .notSupported || error == .isDirectory { throw cannotShare(directory, path) }
            throw CloneError(error, .createFile, path)
        }
    }

    private func cannotShare(_ directory: CInt, _ path: String) -> CloneError {
        let status = try? kernel.filesystemStatus(directory)
        return .cannotShareBlocks(directory: path, filesystem: filesystemName(magic: status?.magic ?? 0))
    }

    private func writeBlock(_ descriptor: CInt) throws(Errno) {
        var rest = [UInt8](repeating: 0xa5, count: 65536)[...]
        while !rest.isEmpty {
            let written: Int
            do {
                written = try rest.withUnsafeBytes { try FileDescriptor(rawValue: descriptor).write($0) }
            } catch {
                throw error as? Errno ?? .ioError
            }
            rest = rest.dropFirst(written)
        }
    }
}
