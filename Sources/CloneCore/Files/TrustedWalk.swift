// Going down a path step by step, looking at each step as it is opened. The rule: a symbolic link is as good as who made it, root's or ours; where
// directories count, too, each belongs to root or to us, and nobody else may write it unless it is sticky (promise P7).

internal import Glibc
internal import SystemPackage

/// A way down from the root directory, of which each step was found trustworthy.
struct TrustedWalk {
    enum Ownership { case ours, oursOrRoots }

    /// What the walk is for.
    enum Manner {
        /// What is missing is made.
        case making
        /// What is missing is an error.
        case looking
        /// Whoever owns the directories: only links of others are refused.
        case mindingLinks
    }

    /// How many symbolic links the kernel itself follows (path_resolution(7)).
    private static let mostLinks = 40

    private let kernel: Kernel
    private let manner: Manner
    private(set) var directory: OpenFile
    private var status: FileStatus
    private var links = 0

    init(_ manner: Manner, kernel: Kernel) throws(CloneError) {
        self.kernel = kernel
        self.manner = manner
        directory = try OpenFile("/", flags: [.directory, .pathOnly], kernel: kernel)
        status = try directory.status()
    }

    /// What somebody else could do with the directory that the walk has come to.
    func exposure(_ ownership: Ownership) -> Exposure? {
        guard status.uid == geteuid() || (ownership == .oursOrRoots && status.uid == 0) else { return .owner(user: status.uid) }
        let isSticky = ownership == .oursOrRoots && status.permissions & 0o1000 != 0
        return status.permissions & 0o022 != 0 && !isSticky ? .writable(mode: status.permissions) : nil
    }

    /// Goes down a path.
    mutating func follow(_ path: String) throws(CloneError) {
        if path.hasPrefix("/") { self = try TrustedWalk(manner, kernel: kernel, links: links) }
        for part in path.split(separator: "/") where part != "." {
            try step(String(part), mayBeLink: true)
        }
    }

    private init(_ manner: Manner, kernel: Kernel, links: Int) throws(CloneError) {
        try self.init(manner, kernel: kernel)
        self.links = links
    }

    /// Goes into a directory.
    mutating func step(_ name: String, mayBeLink: Bool) throws(CloneError) {
        try check()
        let path = path(of: name)
        do {
            try enter(name, path)
        } catch .noSuchFileOrDirectory where manner == .making {
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
        guard link.uid == 0 || link.uid == geteuid() else {
            throw manner == .mindingLinks
                ? .linkOfAnother(path: path, user: link.uid) : .runtimeExposed(path: path, .owner(user: link.uid))
        }
        try follow(target(ofLink: name, path))
    }

    private func target(ofLink name: String, _ path: String) throws(CloneError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlinkat(directory.descriptor, name, &buffer, buffer.count)
        guard length >= 0 else { throw CloneError(Errno(rawValue: errno), .read, path) }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func path(of name: String) -> String { (directory.path == "/" ? "" : directory.path) + "/" + name }

    /// Throws what somebody else could do with the directory that the walk has come to.
    private func check() throws(CloneError) {
        if manner != .mindingLinks, let exposure = exposure(.oursOrRoots) { throw .runtimeExposed(path: directory.path, exposure) }
    }

    /// Opens the directory that the walk has come to: what was walked on is good for looking only.
    func open(_ path: String) throws(CloneError) -> OpenFile {
        let descriptor = try calling(.open, path) { () throws(Errno) in try kernel.open(directory.descriptor, ".", [.directory], 0) }
        return OpenFile(adopting: descriptor, path: path, kernel: kernel)
    }

    /// Goes to a file, through links if need be.
    ///
    /// - Throws: `runtimeExposed` for what somebody else could change: the file or what leads to it.
    mutating func lookAtFile(_ path: String) throws(CloneError) {
        let leaf = path.split(separator: "/").last ?? path[...]
        try follow(String(path[..<leaf.startIndex]))
        try check()
        let name = String(leaf)
        let whole = self.path(of: name)
        let file = try calling(.status, whole) { () throws(Errno) in try kernel.statusOf(directory.descriptor, name) }
        if file.uid != 0, file.uid != geteuid() { throw .runtimeExposed(path: whole, .owner(user: file.uid)) }
        if file.kind == .symbolicLink {
            links += 1
            guard links <= Self.mostLinks else { throw .notADirectory(path: whole) }
            return try lookAtFile(target(ofLink: name, whole))
        }
        if file.permissions & 0o022 != 0 { throw .runtimeExposed(path: whole, .writable(mode: file.permissions)) }
    }
}
