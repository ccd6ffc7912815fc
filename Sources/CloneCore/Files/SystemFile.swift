// Reading what the kernel says of itself and what we keep in /run. The rules: to the end, for such a file has no size; what users can make long is
// read line by line, and for a time; a small file is read up to 16 KiB, never through a symbolic link, and without waiting at a FIFO.

internal import Glibc
internal import SystemPackage

/// The bytes of a file of /proc or /sys, of whatever length; nil when it can't be read.
func readSystemFile(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return nil }
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}

/// How the reading of a list line by line ended.
enum SystemLinesEnd: Equatable {
    /// At the end of the list.
    case whole
    /// Because nothing more was wanted.
    case stopped
    /// Because the time was over.
    case timeOver
    case failed(Errno)
}

/// Reads a list of /proc line by line, of each line the first `longest` bytes: users can make such lists, and the lines in them, as long as they like.
///
/// - Parameter use: gets each line without its newline; false: it wants no more.
func readSystemLines(_ path: String, longest: Int, limit: TimeLimit, _ use: (ArraySlice<UInt8>) -> Bool) -> SystemLinesEnd {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { return .failed(Errno(rawValue: errno)) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    var line: [UInt8] = []
    while !limit.isOver {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return .failed(Errno(rawValue: errno)) }
        if count == 0 { return line.isEmpty || use(line[...]) ? .whole : .stopped }
        var rest = buffer[..<count]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<newline].prefix(longest - line.count)
            rest = rest[(newline + 1)...]
            if !use(line[...]) { return .stopped }
            line.removeAll(keepingCapacity: true)
        }
        line += rest.prefix(longest - line.count)
    }
    return .timeOver
}

/// The text of a small file of /proc or /run; nil when it can't be read.
package func readSmallFile(_ path: String) -> String? {
    let fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = read(fd, &bytes, bytes.count)
    return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
}
