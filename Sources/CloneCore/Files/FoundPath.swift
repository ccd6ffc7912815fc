// What a path leads to, held by descriptors. The rule: whoever goes on from here uses these, never the path again.

internal import SystemPackage

/// The part of a path that somebody else could exchange.
package struct PathExposure: Sendable, Hashable {
    /// The directory or file.
    package let path: String
    /// What somebody else could do with it.
    package let exposure: Exposure

    package init(path: String, _ exposure: Exposure) {
        self.path = path
        self.exposure = exposure
    }
}

/// The end of a trusted walk.
package struct FoundPath: Sendable {
    /// The directory that holds the name; good for looking and for names in it, not for reading it.
    package let directory: OpenFile
    /// The plain name in that directory; `.` of a directory itself.
    package let name: String
    /// The path without symbolic links.
    package let path: String
    /// What has the name, not opened (O_PATH), and never a symbolic link; nil: nothing has it.
    package var file: OpenFile?
    /// What it was when it was looked at.
    package var status: FileStatus?
    /// What of the way somebody else could exchange; nil: nobody but root and we could have put there what was found.
    package let exposure: PathExposure?

    /// Opens what was looked at, whatever its name leads to by now.
    package func open(_ flags: OpenFlags, path shown: String) throws(CloneError) -> OpenFile {
        guard let file else { throw .noSuchFile(path: shown) }
        return try file.reopened(flags, path: shown)
    }

    /// Opens the directory that holds the name, for what is done to names in it.
    package func openDirectory(kernel: Kernel) throws(CloneError) -> OpenFile {
        let descriptor = try calling(.open, directory.path) { () throws(Errno) in
            try kernel.open(directory.descriptor, ".", [.directory], 0)
        }
        return OpenFile(adopting: descriptor, path: directory.path, kernel: kernel)
    }
}
