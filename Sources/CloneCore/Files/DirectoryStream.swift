// Reading a directory entry by entry. The rule: an entry that can't be read is an error, not the end, so that each caller decides what a directory
// means that was read only in part; what a name is worth that is not UTF-8 is the caller's decision, too.

internal import Glibc
package import SystemPackage

/// One entry of a directory.
package struct DirectoryEntry: Sendable {
    /// Its plain name; what is not UTF-8 in it is replaced, and then the name leads nowhere.
    package let name: String
    /// Whether the name is UTF-8 throughout, so that it leads to the entry.
    package let isExact: Bool
    /// What the directory says of its kind, a `DT_` number.
    fileprivate let kind: UInt8
}

/// A directory that is being read; it is closed when this ends.
package struct DirectoryStream: ~Copyable {
    private let stream: OpaquePointer

    /// Opens the directory of that path.
    package init(_ path: String) throws(Errno) {
        guard let stream = opendir(path) else { throw Errno(rawValue: errno) }
        self.stream = stream
    }

    /// Reads by a descriptor, which is closed with it. On an error it is still the caller's.
    package init(taking descriptor: CInt) throws(Errno) {
        guard let stream = fdopendir(descriptor) else { throw Errno(rawValue: errno) }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The next entry but for `.` and `..`; nil at the end.
    package mutating func next() throws(Errno) -> DirectoryEntry? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw Errno(rawValue: errno) }
                return nil
            }
            let (exact, name) = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    let exact = String(validatingCString: $0)
                    return (exact, exact ?? String(cString: $0))
                }
            }
            if name != ".", name != ".." { return DirectoryEntry(name: name, isExact: exact != nil, kind: entry.pointee.d_type) }
        }
    }

    /// Whether others than root and the directory's owner can put entries into it.
    package func isOpenToOthers() throws(Errno) -> Bool {
        var status = stat()
        guard fstat(dirfd(stream), &status) == 0 else { throw Errno(rawValue: errno) }
        return status.st_mode & 0o022 != 0
    }

    /// The owner of an entry, if that is neither root, nor we, nor the directory's owner; nil also for what is gone.
    package func foreignOwner(_ entry: DirectoryEntry) -> UInt32? {
        var directory = stat()
        var status = stat()
        guard fstat(dirfd(stream), &directory) == 0, fstatat(dirfd(stream), entry.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return nil
        }
        return [0, geteuid(), directory.st_uid].contains(status.st_uid) ? nil : status.st_uid
    }

    /// Whether the entry is a regular file, and no link to one. Of a filesystem that does not say so by itself the file is asked.
    package func isRegularFile(_ entry: DirectoryEntry) -> Bool {
        guard Int32(entry.kind) == Int32(DT_UNKNOWN) else { return Int32(entry.kind) == Int32(DT_REG) }
        var status = stat()
        return fstatat(dirfd(stream), entry.name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
