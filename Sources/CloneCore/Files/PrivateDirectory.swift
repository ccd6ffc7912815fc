// Directories that only we may write: for locks and freeze records. The rule: a directory that somebody else owns or can write is
// refused, for whoever can write there could steer what root does (promise P7).

internal import Glibc
internal import SystemPackage

/// Opens, and makes if need be, a directory that belongs to the running user alone.
package func openPrivateDirectory(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    try makeDirectories(path, kernel: kernel)
    let directory = try OpenFile(path, flags: [.directory], kernel: kernel)
    let status = try directory.status()
    guard status.uid == geteuid(), status.permissions & 0o022 == 0 else {
        throw .notPermitted(path: path, during: .write)
    }
    return directory
}

/// Makes a directory and those above it that are missing, each readable by its owner alone.
private func makeDirectories(_ path: String, kernel: Kernel) throws(CloneError) {
    do {
        try kernel.makeDirectory(workingDirectory, path, 0o700)
    } catch .fileExists {
        return
    } catch .noSuchFileOrDirectory {
        let parent = FilePath(path).removingLastComponent()
        guard !parent.isEmpty, parent.string != path else { throw .noSuchFile(path: path) }
        try makeDirectories(parent.string, kernel: kernel)
        do {
            try kernel.makeDirectory(workingDirectory, path, 0o700)
        } catch .fileExists {
            // Another process was faster: two that are the first since the start of the machine.
        } catch {
            throw CloneError(error, .createDirectory, path)
        }
    } catch {
        throw CloneError(error, .createDirectory, path)
    }
}

/// Where losnap keeps what must not outlive the boot.
public struct RuntimePlaces: Sendable, Hashable {
    /// The directory of freeze records, one file a frozen filesystem.
    public var frozen: String
    /// The directory of lock files.
    public var locks: String

    /// Both in places of their own.
    public init(frozen: String, locks: String) {
        self.frozen = frozen
        self.locks = locks
    }

    /// root's. Not in `/run/lock`, which is writable for all on some systems: whoever made the directory first could keep root from
    /// taking any snapshot.
    public static let system = RuntimePlaces(under: "/run/losnap")

    /// Both under one directory: `/run/losnap`, a user's `$XDG_RUNTIME_DIR/losnap`, or one for a test.
    public init(under directory: String) {
        self.init(frozen: directory + "/frozen", locks: directory + "/lock")
    }

    /// Where the running user's are: `LOSNAP_RUNTIME_DIR` if set, root's in `/run`, others' in `$XDG_RUNTIME_DIR/losnap` or, without
    /// that, a directory of their own below `/tmp`. Whatever the environment says, a place that somebody else owns is refused.
    public static func forUser(_ uid: UInt32, environment: (String) -> String?) -> RuntimePlaces {
        if let place = environment("LOSNAP_RUNTIME_DIR"), !place.isEmpty { return RuntimePlaces(under: place) }
        if uid == 0 { return .system }
        if let place = environment("XDG_RUNTIME_DIR"), !place.isEmpty { return RuntimePlaces(under: place + "/losnap") }
        return RuntimePlaces(under: "/tmp/losnap-\(uid)")
    }
}
