// Going down a path step by step, each step held by a descriptor before it is judged. The rule: a symbolic link counts as its owner's, root's or
// ours; where directories count, too, each belongs to root or to us, and nobody else may write it unless it is sticky (promise P7). Nothing is
// judged by its name and used by its name again: between the two somebody else could exchange it.

internal import Glibc
internal import SystemPackage

/// A way down from the root directory, of which each step was looked at.
struct TrustedWalk {
    /// What the walk is for.
    struct Manner {
        /// Whether every directory must belong to root or us, with nobody else to write it; else only links are judged.
        var judgesDirectories: Bool
        /// Whether links of root's and ours are followed; else there may be none.
        var followsLinks: Bool
        /// Whether missing directories are made, for us alone.
        var makes: Bool
        /// Whether those must outlive a power cut.
        var isDurable = true

        /// For our own directories of this boot.
        static let making = Manner(judgesDirectories: true, followsLinks: true, makes: true, isDurable: false)
        /// For what nobody else may steer.
        static let looking = Manner(judgesDirectories: true, followsLinks: true, makes: false)
        /// The same, where the path was recorded without links.
        static let withoutLinks = Manner(judgesDirectories: true, followsLinks: false, makes: false)
        /// For places that may be somebody else's: only links of others are refused.
        static let mindingLinks = Manner(judgesDirectories: false, followsLinks: true, makes: false)
    }

    /// How many symbolic links the kernel itself follows (path_resolution(7)).
    private static let mostLinks = 40
    /// How often a name is looked at that is a link and a directory by turns.
    private static let mostLooks = 20

    private let kernel: Kernel
    var manner: Manner
    private(set) var directory: OpenFile
    private var status: FileStatus
    /// The directories that lead here, for `..`.
    private var above: [FileIdentity] = []
    private var links = 0
    /// How many directories were made.
    private(set) var made = 0
    /// What of the way so far somebody else could exchange; only found where directories are not judged.
    private(set) var exposure: PathExposure?

    init(_ manner: Manner, kernel: Kernel) throws(CloneError) {
        self.kernel = kernel
        self.manner = manner
        directory = try OpenFile("/", flags: [.directory, .pathOnly], kernel: kernel)
        status = try directory.status()
    }

    /// Whether a link was followed.
    var hasFollowedLinks: Bool { links > 0 }

    // MARK: Directories

    /// Goes down a path to a directory.
    mutating func follow(_ path: String) throws(CloneError) {
        if path.hasPrefix("/") { try goToRoot() }
        for part in path.split(separator: "/") where part != "." { try step(String(part)) }
    }

    private mutating func goToRoot() throws(CloneError) {
        directory = try OpenFile("/", flags: [.directory, .pathOnly], kernel: kernel)
        status = try directory.status()
        above = []
    }

    /// Goes into a directory, through a link if need be.
    mutating func step(_ name: String) throws(CloneError) {
        // Also before going up: who owns this directory could have put it there in another's place.
        try judge()
        if name == ".." { return try goUp() }
        let path = path(of: name)
        for _ in 0..<Self.mostLooks {
            do {
                return try enter(name, path)
            } catch .noSuchFileOrDirectory where manner.makes {
                try make(name, path)
            } catch .notDirectory, .tooManySymbolicLinkLevels {
                // Held before it is judged: who made the link, and where it leads, is read from one and the same inode.
                let found = try look(at: name, path)
                // It has just become one.
                if found.status.kind == .directory { continue }
                guard found.status.kind == .symbolicLink else { throw .notADirectory(path: path) }
                return try follow(found)
            } catch {
                throw CloneError(error, .open, path)
            }
        }
        throw .notADirectory(path: path)
    }

    /// Behind a link nothing is made: one that leads nowhere may lead to what is not mounted.
    private mutating func follow(_ link: (file: OpenFile, status: FileStatus)) throws(CloneError) {
        let makes = manner.makes
        manner.makes = false
        defer { manner.makes = makes }
        do throws(CloneError) {
            try follow(target(of: link))
        } catch .noSuchFile where makes {
            throw .notADirectory(path: link.file.path)
        } catch {
            throw error
        }
    }

    /// To where the walk came from; by the descriptor alone it could be led anywhere the directory was moved to.
    private mutating func goUp() throws(CloneError) {
        guard let parent = above.popLast() else { return }
        let path = String(directory.path[..<(directory.path.lastIndex(of: "/") ?? directory.path.startIndex)])
        let descriptor = try calling(.open, directory.path) { () throws(Errno) in
            try kernel.open(directory.descriptor, "..", [.directory, .pathOnly], 0)
        }
        let next = OpenFile(adopting: descriptor, path: path.isEmpty ? "/" : path, kernel: kernel)
        let found = try next.status()
        guard found.identity == parent else { throw .notADirectory(path: directory.path + "/..") }
        directory = next
        status = found
    }

    private mutating func enter(_ name: String, _ path: String) throws(Errno) {
        let descriptor = try kernel.open(directory.descriptor, name, [.directory, .pathOnly], 0)
        let next = OpenFile(adopting: descriptor, path: path, kernel: kernel)
        let found = try kernel.status(descriptor)
        above.append(status.identity)
        status = found
        directory = next
    }

    private mutating func make(_ name: String, _ path: String) throws(CloneError) {
        do {
            try kernel.makeDirectory(directory.descriptor, name, 0o700)
        } catch .fileExists {
            // Another process was faster: two that are the first since the start of the machine.
            return
        } catch {
            throw CloneError(error, .createDirectory, path)
        }
        made += 1
        // Whatever the umask was. A new directory is durable when its parent is.
        let new = try OpenFile(name, in: directory, flags: [.directory], kernel: kernel)
        try calling(.setMode, path) { () throws(Errno) in try kernel.setMode(new.descriptor, 0o700) }
        guard manner.isDurable else { return }
        let parent = try open(directory.path)
        try calling(.sync, path) { () throws(Errno) in try kernel.synchronize(parent.descriptor) }
    }

    /// Opens the directory that the walk has come to: what was walked on is good for looking only.
    func open(_ path: String) throws(CloneError) -> OpenFile {
        let descriptor = try calling(.open, path) { () throws(Errno) in try kernel.open(directory.descriptor, ".", [.directory], 0) }
        return OpenFile(adopting: descriptor, path: path, kernel: kernel)
    }

    // MARK: What is at the end

    /// What a path leads to, a directory or anything else, held without being opened.
    mutating func find(_ path: String) throws(CloneError) -> FoundPath {
        let parts = path.split(separator: "/").filter { $0 != "." }
        if path.hasPrefix("/") { try goToRoot() }
        guard let last = parts.last, last != ".." else {
            for part in parts { try step(String(part)) }
            return foundHere()
        }
        for part in parts.dropLast() { try step(String(part)) }
        let found = try findLeaf(String(last))
        if path.hasSuffix("/"), let kind = found.status?.kind, kind != .directory { throw .notADirectory(path: path) }
        return found
    }

    private mutating func findLeaf(_ name: String) throws(CloneError) -> FoundPath {
        try judge()
        let path = path(of: name)
        let leaf: (file: OpenFile, status: FileStatus)
        do throws(CloneError) {
            leaf = try look(at: name, path)
        } catch .noSuchFile {
            return FoundPath(directory: directory, name: name, path: path, exposure: exposureOfNames())
        } catch {
            throw error
        }
        switch leaf.status.kind {
        case .symbolicLink:
            return try find(target(of: leaf))
        case .directory:
            // Entered, for that has what is to be mounted there mounted first.
            try step(name)
            return foundHere()
        default:
            return FoundPath(
                directory: directory, name: name, path: path, file: leaf.file, status: leaf.status, exposure: exposureOfNames())
        }
    }

    private func foundHere() -> FoundPath {
        FoundPath(directory: directory, name: ".", path: directory.path, file: directory, status: status, exposure: exposure)
    }

    private func look(at name: String, _ path: String) throws(CloneError) -> (file: OpenFile, status: FileStatus) {
        let file = try calling(.open, path) { () throws(Errno) in
            OpenFile(adopting: try kernel.open(directory.descriptor, name, [.pathOnly], 0), path: path, kernel: kernel)
        }
        return (file, try file.status())
    }

    /// Where a link leads that may be followed.
    private mutating func target(of link: (file: OpenFile, status: FileStatus)) throws(CloneError) -> String {
        let path = link.file.path
        links += 1
        guard manner.followsLinks, links <= Self.mostLinks else { throw .notADirectory(path: path) }
        guard isTrusted(link.status.uid) else {
            throw manner.judgesDirectories
                ? .runtimeExposed(path: path, .owner(user: link.status.uid)) : .linkOfAnother(path: path, user: link.status.uid)
        }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlinkat(link.file.descriptor, "", &buffer, buffer.count)
        guard length >= 0 else { throw CloneError(Errno(rawValue: errno), .read, path) }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func path(of name: String) -> String { (directory.path == "/" ? "" : directory.path) + "/" + name }

    // MARK: Judging

    private func isTrusted(_ user: UInt32) -> Bool { user == 0 || user == geteuid() }

    /// What somebody else could do with the directory that the walk has come to: rename what leads on from here.
    ///
    /// - Parameter isOurs: whether it must be ours alone: root's does not do, and being sticky does not help.
    func exposureOfDirectory(mustBeOurs isOurs: Bool = false) -> Exposure? {
        guard isOurs ? status.uid == geteuid() : isTrusted(status.uid) else { return .owner(user: status.uid) }
        let isSticky = !isOurs && status.permissions & 0o1000 != 0
        return status.permissions & 0o022 != 0 && !isSticky ? .writable(mode: status.permissions) : nil
    }

    /// What somebody else could do with any name in the directory; that it is sticky only protects what is root's or ours.
    func exposureOfNames() -> PathExposure? {
        if let exposure { return exposure }
        guard isTrusted(status.uid) else { return PathExposure(path: directory.path, .owner(user: status.uid)) }
        return status.permissions & 0o022 != 0 ? PathExposure(path: directory.path, .writable(mode: status.permissions)) : nil
    }

    /// Throws what somebody else could do with the directory that the walk has come to, or notes it.
    mutating func judge() throws(CloneError) {
        guard let found = exposureOfDirectory() else { return }
        if manner.judgesDirectories { throw .runtimeExposed(path: directory.path, found) }
        if exposure == nil { exposure = PathExposure(path: directory.path, found) }
    }
}
