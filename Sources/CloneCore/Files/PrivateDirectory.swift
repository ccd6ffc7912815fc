// Directories that only we may write: for locks and freeze records. The rule: the directory is ours alone, and every one above it belongs to
// root or to us and can't be written by others, unless it is sticky, where they can't rename what is not theirs; for whoever can put,
// rename or exchange what lies there could steer what root does (promise P7). So the way is walked step by step, each step
// looked at as it is opened. What is there is only opened, never made again: mkdir waits on a frozen filesystem.

internal import Glibc
internal import SystemPackage

/// Opens, and makes if need be, a directory that belongs to the running user alone.
///
/// - Throws: `runtimeExposed`, naming the part of the path that somebody else could steer.
package func openPrivateDirectory(_ path: String, kernel: Kernel) throws(CloneError) -> OpenFile {
    var walk = try TrustedWalk(kernel: kernel)
    let whole = path.hasPrefix("/") ? path : workingDirectoryPath() + "/" + path
    let leaf = whole.split(separator: "/").last ?? whole[...]
    try walk.follow(String(whole[..<leaf.startIndex]))
    try walk.step(String(leaf), mayBeLink: false)
    if let exposure = walk.exposure(.ours) { throw .runtimeExposed(path: walk.directory.path, exposure) }
    // What was walked on is good for looking only.
    let descriptor = try calling(.open, path) { () throws(Errno) in try kernel.open(walk.directory.descriptor, ".", [.directory], 0) }
    return OpenFile(adopting: descriptor, path: path, kernel: kernel)
}

private func workingDirectoryPath() -> String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
}

/// A way down from the root directory, of which each step was found trustworthy.
private struct TrustedWalk {
    enum Ownership { case ours, oursOrRoots }

    /// How many symbolic links the kernel itself follows (path_resolution(7)).
    private static let mostLinks = 40

    private let kernel: Kernel
    private(set) var directory: OpenFile
    private var status: FileStatus
    private var links = 0

    init(kernel: Kernel) throws(CloneError) {
        self.kernel = kernel
        directory = try OpenFile("/", flags: [.directory, .pathOnly], kernel: kernel)
        status = try directory.status()
    }

    /// What somebody else could do with the directory that the walk has come to.
    func exposure(_ ownership: Ownership) -> Exposure? {
        guard status.uid == geteuid() || (ownership == .oursOrRoots && status.uid == 0) else { return .owner(user: status.uid) }
        let isSticky = ownership == .oursOrRoots && status.permissions & 0o1000 != 0
        return status.permissions & 0o022 != 0 && !isSticky ? .writable(mode: status.permissions) : nil
    }

    /// Goes down a path, making what is missing.
    mutating func follow(_ path: String) throws(CloneError) {
        if path.hasPrefix("/") { self = try TrustedWalk(kernel: kernel, links: links) }
        for part in path.split(separator: "/") where part != "." {
            try step(String(part), mayBeLink: true)
        }
    }

    private init(kernel: Kernel, links: Int) throws(CloneError) {
        try self.init(kernel: kernel)
        self.links = links
    }

    /// Goes into a directory, making it if it is missing.
    mutating func step(_ name: String, mayBeLink: Bool) throws(CloneError) {
        if let exposure = exposure(.oursOrRoots) { throw .runtimeExposed(path: directory.path, exposure) }
        let path = (directory.path == "/" ? "" : directory.path) + "/" + name
        do {
            try enter(name, path)
        } catch .noSuchFileOrDirectory {
            do {
                try kernel.makeDirectory(directory.descriptor, name, 0o700)
            } catch .fileExists {
                // Another process was faster: two that are the first since the start of the machine.
            } catch {
                throw CloneError(error, .createDirectory, path)
            }
            try calling(.open, path) { () throws(Errno) in try enter(name, path) }
        } catch .notDirectory, .tooManySymbolicLinkLevels {
            guard mayBeLink else { throw .notADirectory(path: path) }
            try follow(linkAt: name, path)
        } catch {
            throw CloneError(error, .open, path)
        }
    }

    private mutating func enter(_ name: String, _ path: String) throws(Errno) {
        let descriptor = try kernel.open(directory.descriptor, name, [.directory, .pathOnly], 0)
        let next = OpenFile(adopting: descriptor, path: path, kernel: kernel)
        status = try kernel.status(descriptor)
        directory = next
    }

    /// A symbolic link (`/var/run`) is as good as who made it.
    private mutating func follow(linkAt name: String, _ path: String) throws(CloneError) {
        let link = try calling(.status, path) { () throws(Errno) in try kernel.statusOf(directory.descriptor, name) }
        links += 1
        guard link.kind == .symbolicLink, links <= Self.mostLinks else { throw .notADirectory(path: path) }
        guard link.uid == 0 || link.uid == geteuid() else { throw .runtimeExposed(path: path, .owner(user: link.uid)) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlinkat(directory.descriptor, name, &buffer, buffer.count)
        guard length >= 0 else { throw CloneError(Errno(rawValue: errno), .read, path) }
        try follow(String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
