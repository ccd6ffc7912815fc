// A program that is run by the descriptor that was judged, so that nothing can come between. The rule: what runs it is judged too, if its first line
// says so (execve(2), Interpreter scripts).

internal import Glibc
package import SystemPackage

/// A program, held open for running.
package struct TrustedProgram: Sendable {
    /// How many interpreters of interpreters the kernel follows.
    private static let mostInterpreters = 4
    /// What the kernel reads of a first line.
    private static let lineLength = 256

    /// Why a program can't be run.
    package enum Problem: Error, Sendable, Hashable {
        /// Others could change what it does.
        case doubt(PathDoubt)
        /// It is not there, or no program.
        case system(Errno)
    }

    /// The file, for looking (O_PATH).
    let file: OpenFile

    /// Finds it.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - isJudged: whether nobody but root and we may be able to change it.
    package init(_ path: String, isJudged: Bool, kernel: Kernel) throws(Problem) {
        file = isJudged ? try Self.judged(path, kernel, level: 0) : try Self.found(path, kernel)
        let status: FileStatus
        do throws(CloneError) { status = try file.status() } catch { throw .system(.ioError) }
        guard status.kind == .regular, status.mode & 0o111 != 0 else { throw .system(.permissionDenied) }
    }

    private static func found(_ path: String, _ kernel: Kernel) throws(Problem) -> OpenFile {
        do throws(Errno) {
            let descriptor = try kernel.open(workingDirectory, path, [.pathOnly, .followLinks], 0)
            return OpenFile(adopting: descriptor, path: path, kernel: kernel)
        } catch {
            throw .system(error)
        }
    }

    private static func judged(_ path: String, _ kernel: Kernel, level: Int) throws(Problem) -> OpenFile {
        let found: OpenFile?
        do throws(PathDoubt) { found = try judgeWay(to: path, kernel: kernel) } catch { throw .doubt(error) }
        guard let found else { throw .system(.noSuchFileOrDirectory) }
        guard let words = interpreter(of: found, kernel), let program = words.first else { return found }
        guard program.hasPrefix("/"), level < mostInterpreters else {
            throw .doubt(.unknown(path: path, reason: "its first line names no program by an absolute path"))
        }
        _ = try judged(program, kernel, level: level + 1)
        // `#!/usr/bin/env` of something.
        for word in words.dropFirst() where word.hasPrefix("/") {
            do throws(PathDoubt) { _ = try judgeWay(to: word, kernel: kernel) } catch { throw .doubt(error) }
        }
        return found
    }

    /// The words behind `#!`; nil: it has none.
    private static func interpreter(of file: OpenFile, _ kernel: Kernel) -> [String]? {
        guard let descriptor = try? kernel.open(workingDirectory, "/proc/self/fd/\(file.descriptor)", [.followLinks, .nonBlocking], 0)
        else { return nil }
        defer { kernel.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: lineLength)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 2, bytes[0] == UInt8(ascii: "#"), bytes[1] == UInt8(ascii: "!") else { return nil }
        let line = bytes[2..<count].prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\0" }.map(String.init)
    }
}
