// Reading a configuration from the disk. The rule: for root every folder and symbolic link on the way and the file itself belong to root, and nobody
// else may write them; a user's is reached by no link of others. Only a regular file of up to 1 MiB is opened. /dev/null is empty, as whoever names
// it means.

public import CloneCore
import Glibc
public import SystemPackage

/// Whether there has to be a file.
public enum ConfigurationPresence: Sendable {
    /// It was named: it must be there.
    case required
    /// It is the usual place: without a file nothing is configured.
    case optional
}

/// The largest configuration, in bytes.
let largestConfiguration = 1 << 20

extension LosnapConfiguration {
    /// Reads the file at an absolute path, as that user; nil if there is none and there need not be one.
    public static func read(
        _ path: FilePath, _ presence: ConfigurationPresence, user: UInt32, kernel: Kernel
    ) throws(ConfigurationError) -> LosnapConfiguration? {
        if isNullDevice(path, kernel: kernel) { return .empty }
        let file: OpenFile
        do {
            file = try open(path, user: user, kernel: kernel)
        } catch .missing {
            if presence == .optional { return nil }
            throw .missing(path: path)
        }
        let bytes = try contents(of: file, path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalid(path: path, [notUTF8(bytes, path)])
        }
        return try LosnapConfiguration(parsing: text, path: path)
    }

    /// Whether it is the device by that name, and not a file that somebody has put in its place.
    private static func isNullDevice(_ path: FilePath, kernel: Kernel) -> Bool {
        guard path == "/dev/null", let status = try? kernel.statusOf(workingDirectory, path.string) else { return false }
        return status.mode & 0o170000 == 0o020000
    }

    private static func open(_ path: FilePath, user: UInt32, kernel: Kernel) throws(ConfigurationError) -> OpenFile {
        do throws(CloneError) {
            guard user == 0 else { return try opened(findMindingLinks(path.string, kernel: kernel), path) }
            let found = try findTrustedFile(path.string, kernel: kernel)
            // A sticky folder keeps others from renaming what is root's, but not from putting their own where there is nothing.
            if let exposed = found.exposure { throw .runtimeExposed(path: exposed.path, exposed.exposure) }
            return try opened(found, path)
        } catch {
            throw ConfigurationError(error, path)
        }
    }

    private static func opened(_ found: FoundPath, _ path: FilePath) throws(CloneError) -> OpenFile {
        guard let status = found.status else { throw .noSuchFile(path: path.string) }
        guard status.kind == .regular else { throw .notAnImage(path: path.string, kind: status.kind) }
        return try found.open([.nonBlocking], path: path.string)
    }

    private static func status(_ file: OpenFile, _ path: FilePath) throws(ConfigurationError) -> FileStatus {
        do { return try file.status() } catch { throw .unreadable(path: path, .ioError) }
    }

    private static func contents(of file: OpenFile, _ path: FilePath) throws(ConfigurationError) -> [UInt8] {
        guard try status(file, path).kind == .regular else { throw .notAFile(path: path) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= largestConfiguration {
            let count = Glibc.read(file.descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw .unreadable(path: path, Errno(rawValue: errno))
            }
        }
        throw .tooLarge(path: path, limit: largestConfiguration)
    }

    /// The place of the first byte that is not UTF-8.
    private static func notUTF8(_ bytes: [UInt8], _ path: FilePath) -> Problem {
        var low = 0
        var line = 1
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            guard String(validating: bytes[low..<index], as: UTF8.self) != nil else { break }
            low = index + 1
            line += 1
        }
        var column = 1
        var rest = bytes[low...]
        while let length = (1...4).first(where: { rest.count >= $0 && String(validating: rest.prefix($0), as: UTF8.self) != nil }) {
            rest = rest.dropFirst(length)
            column += 1
        }
        return Problem(
            position: Position(file: path.string, line: line, column: column), message: "not UTF-8",
            hint: "save the file as UTF-8, or write the text with ASCII letters")
    }
}

extension ConfigurationError {
    /// What kept the file at `path` from being opened.
    fileprivate init(_ error: CloneError, _ path: FilePath) {
        switch error {
        case .noSuchFile, .notADirectory: self = .missing(path: path)
        case .notAnImage: self = .notAFile(path: path)
        case .runtimeExposed(let exposed, .owner(let user)): self = .exposed(path: FilePath(exposed), .owner(user))
        case .runtimeExposed(let exposed, .writable): self = .exposed(path: FilePath(exposed), .writable)
        case .linkOfAnother(let link, let user): self = .exposed(path: FilePath(link), .owner(user))
        case .notPermitted: self = .unreadable(path: path, .permissionDenied)
        case .system(_, _, let code): self = .unreadable(path: path, code)
        default: self = .unreadable(path: path, .ioError)
        }
    }
}
