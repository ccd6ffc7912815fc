// What others could do with a path that root is about to use: with what lies there, with what leads there, and where nothing lies yet. The rule: judged
// is what was opened, step by step, whatever it is now; so what was found stays true, for nobody but root and we can change it.

internal import CLinux
internal import Glibc
internal import SystemPackage

/// What somebody else than root and we could do with a path.
package enum PathDoubt: Error, Sendable, Hashable {
    /// Change or exchange this part of the way, or what lies at its end.
    case exposed(path: String, Exposure)
    /// Put something at this path, where nothing lies.
    case vacant(path: String)
    /// It can't be told.
    case unknown(path: String, reason: String)
}

/// What lies at an absolute path that nobody but root and we can change; nil: nothing, and nobody else can put anything there.
///
/// Directories and files must belong to root or to us, and nobody else may write them, unless a directory is sticky and has what is meant. The
/// write permission of devices and sockets does not matter: what others write there is no content. Links count as their owner's.
///
/// - Returns: a descriptor for looking (O_PATH), by which it can be opened or run later.
package func judgeWay(to path: String, kernel: Kernel) throws(PathDoubt) -> OpenFile? {
    var way = JudgedWay(kernel: kernel)
    return try way.find(path, from: nil)
}

/// The same for all that a path with `*`, `?` or `[` matches, now and later.
package func judgeMatches(of path: String, kernel: Kernel) throws(PathDoubt) {
    // A pattern that matches nothing, or is quoted, is a name.
    _ = try judgeWay(to: path, kernel: kernel)
    let parts = path.split(separator: "/").map(String.init)
    guard let first = parts.firstIndex(where: { $0.contains { "*?[".contains($0) } }) else { return }
    let directory = parts[..<first].map { "/" + $0 }.joined()
    // Whoever can put something there can make it match.
    do throws(PathDoubt) {
        _ = try judgeWay(to: "\(directory)/\(parts[first])", kernel: kernel)
    } catch .vacant {
        throw .vacant(path: path)
    }
    for name in try names(in: directory.isEmpty ? "/" : directory, matching: parts[first]) {
        try judgeMatches(of: ([directory, name] + parts[(first + 1)...]).joined(separator: "/"), kernel: kernel)
    }
}

private func names(in directory: String, matching pattern: String) throws(PathDoubt) -> [String] {
    do throws(Errno) {
        var stream = try DirectoryStream(directory)
        var names: [String] = []
        while let entry = try stream.next() {
            guard fnmatch(pattern, entry.name, FNM_PERIOD) == 0 else { continue }
            // What is not UTF-8 can't be judged by the name that we have of it.
            guard entry.isExact else { throw .illegalByteSequence }
            names.append(entry.name)
        }
        return names.sorted()
    } catch .noSuchFileOrDirectory, .notDirectory {
        return []
    } catch {
        throw .unknown(path: directory, reason: error.description)
    }
}

private struct JudgedWay {
    /// How many symbolic links the kernel itself follows (path_resolution(7)).
    private static let mostLinks = 40
    /// The links of processes are made by the kernel; in a hook they lead elsewhere.
    private static let processFilesystem: UInt64 = 0x9fa0

    let kernel: Kernel
    private var links = 0

    init(kernel: Kernel) { self.kernel = kernel }

    mutating func find(_ path: String, from start: TrustedWalk?) throws(PathDoubt) -> OpenFile? {
        var walk: TrustedWalk
        do throws(CloneError) {
            walk = if let start, !path.hasPrefix("/") { start } else { try TrustedWalk(.looking, kernel: kernel) }
        } catch {
            throw .unknown(path: path, reason: error.message)
        }
        let parts = path.split(separator: "/").filter { $0 != "." }.map(String.init)
        guard let last = parts.last else { return walk.directory }
        for part in parts.dropLast() {
            if isProcessLink(part, walk) { throw .unknown(path: path, reason: "another process finds something else there") }
            if try !go(part, &walk) { return nil }
        }
        if last == ".." { return try go(last, &walk) ? walk.directory : nil }
        return try findLeaf(last, walk)
    }

    /// Goes into a directory; false if nothing is there, and nobody else can put anything there.
    private func go(_ part: String, _ walk: inout TrustedWalk) throws(PathDoubt) -> Bool {
        do throws(CloneError) {
            try walk.follow(part)
            return true
        } catch .runtimeExposed(let path, let exposure) {
            throw .exposed(path: path, exposure)
        } catch .noSuchFile(let path) {
            try judgeNames(in: walk.directory, at: path)
            return false
        } catch .notADirectory(let path) {
            // Its owner could make it one.
            var other = JudgedWay(kernel: kernel)
            if walk.directory.path != path { _ = try other.findLeaf(part, walk) }
            return false
        } catch {
            throw .unknown(path: part, reason: error.message)
        }
    }

    /// A directory or file of a process (`cwd`, `root`, `fd/3`) is another one for the process that will use the path.
    private func isProcessLink(_ part: String, _ walk: TrustedWalk) -> Bool {
        part != "self" && part != "thread-self"
            && (try? kernel.filesystemStatus(walk.directory.descriptor))?.magic == Self.processFilesystem
            && (try? kernel.statusOf(walk.directory.descriptor, part))?.kind == .symbolicLink
    }

    private mutating func findLeaf(_ name: String, _ walk: TrustedWalk) throws(PathDoubt) -> OpenFile? {
        let directory = walk.directory
        let path = (directory.path == "/" ? "" : directory.path) + "/" + name
        try judge(try status(of: directory), at: directory.path)
        let file: OpenFile
        do throws(Errno) {
            file = OpenFile(
                adopting: try kernel.open(directory.descriptor, name, [.pathOnly], 0), path: path, kernel: kernel)
        } catch .noSuchFileOrDirectory {
            try judgeNames(in: directory, at: path)
            return nil
        } catch {
            throw .unknown(path: path, reason: error.description)
        }
        let found = try status(of: file)
        guard found.kind == .symbolicLink else {
            try judge(found, at: path)
            // Where others may make names, one of several names of a file may be theirs (fs.protected_hardlinks is not relied on).
            let around = try status(of: directory)
            if found.kind == .regular, found.links > 1, around.permissions & 0o022 != 0 {
                throw .exposed(path: path, .writable(mode: around.permissions))
            }
            return file
        }
        guard isTrusted(found.uid) else { throw .exposed(path: path, .owner(user: found.uid)) }
        if (try? kernel.filesystemStatus(directory.descriptor))?.magic == Self.processFilesystem { return nil }
        links += 1
        guard links <= Self.mostLinks else { throw .unknown(path: path, reason: Errno.tooManySymbolicLinkLevels.description) }
        return try find(try target(of: file), from: walk)
    }

    private func target(of link: OpenFile) throws(PathDoubt) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlinkat(link.descriptor, "", &buffer, buffer.count)
        guard length >= 0 else { throw .unknown(path: link.path, reason: Errno(rawValue: errno).description) }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func status(of file: OpenFile) throws(PathDoubt) -> FileStatus {
        do throws(CloneError) { return try file.status() } catch { throw .unknown(path: file.path, reason: error.message) }
    }

    // MARK: Judging

    private func isTrusted(_ user: UInt32) -> Bool { user == 0 || user == geteuid() }

    private func judge(_ status: FileStatus, at path: String) throws(PathDoubt) {
        guard isTrusted(status.uid) else { throw .exposed(path: path, .owner(user: status.uid)) }
        let isHarmless: Bool
        switch status.mode & S_IFMT {
        case S_IFDIR: isHarmless = status.permissions & 0o1000 != 0
        case S_IFCHR, S_IFBLK, S_IFSOCK: isHarmless = true
        default: isHarmless = false
        }
        if status.permissions & 0o022 != 0, !isHarmless { throw .exposed(path: path, .writable(mode: status.permissions)) }
    }

    /// Of a place where nothing lies: being sticky does not keep others from putting something there.
    private func judgeNames(in directory: OpenFile, at path: String) throws(PathDoubt) {
        let found = try status(of: directory)
        guard isTrusted(found.uid) else { throw .exposed(path: directory.path, .owner(user: found.uid)) }
        if found.permissions & 0o022 != 0 { throw .vacant(path: path) }
    }
}
