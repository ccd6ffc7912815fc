// Files named after their checksum, so that a snapshot's files can be checked at any time.

import Foundation
import Glibc

/// Two sums over words of eight bytes, as hexadecimal digits.
func checksum(_ bytes: [UInt8]) -> String {
    var first: UInt64 = 0xcbf2_9ce4_8422_2325
    var second = UInt64(bytes.count)
    bytes.withUnsafeBytes { buffer in
        var offset = 0
        while offset + 8 <= buffer.count {
            let word = buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            first = (first ^ word) &* 0x100_0000_01b3
            second = (second &+ word) &* 0x9E37_79B9_7F4A_7C15
            second ^= second >> 29
            offset += 8
        }
        while offset < buffer.count {
            first = (first ^ UInt64(buffer[offset])) &* 0x100_0000_01b3
            offset += 1
        }
    }
    func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return hex(first) + hex(second)
}

/// Whether a name is a checksum.
func isChecksum(_ name: String) -> Bool {
    name.utf8.count == 32 && name.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
}

/// Writes a file of random content to the disk and gives it its name.
func store(_ count: Int, in directory: String, by writer: String) throws {
    var bytes = [UInt8](repeating: 0, count: count)
    let random = open("/dev/urandom", O_RDONLY | O_CLOEXEC)
    _ = read(random, &bytes, count)
    close(random)
    let temporary = "\(directory)/.tmp-\(writer)"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StormError("\(temporary): errno \(errno)") }
    let written = write(file, bytes, count)
    let error = errno
    let isSynced = fsync(file) == 0
    close(file)
    guard written == count, isSynced else { throw StormError("\(temporary): errno \(error)") }
    guard rename(temporary, "\(directory)/\(checksum(bytes))") == 0 else { throw StormError("\(temporary): errno \(errno)") }
}

/// Files of a directory that are not what their names say, of `most` of them; and how many were read.
func unsound(in directory: String, most: Int = .max) -> (read: Int, bad: [String]) {
    let found = names(in: directory).filter { isChecksum($0) }.shuffled().prefix(most)
    let bad = found.filter { name in
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { return true }
        return checksum([UInt8](data)) != name
    }
    return (found.count, Array(bad))
}
