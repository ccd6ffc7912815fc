// Reading a small file whole, as the kernel and we ourselves write them. The rule: at most 16 KiB, never through a symbolic link, and never
// waiting for somebody at the other end of a FIFO.

internal import Glibc

/// The text of a small file of /proc or /run; nil when it can't be read.
package func readSmallFile(_ path: String) -> String? {
    let fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = read(fd, &bytes, bytes.count)
    return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
}
