// The input that is being tried, in a file that outlives the process. The rule: it is written before the input is tried, by a store into a shared
// mapping, for a call for each input would cost more than many a target.

internal import Glibc

/// A file that holds the last input.
final class InputNote {
    struct Failure: Error { let words: String }

    private static let capacity = 17 << 20
    private let path: String
    private let memory: UnsafeMutableRawPointer

    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(words: "\(path): can't be written") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(8 + Self.capacity)) == 0,
            let memory = mmap(nil, 8 + Self.capacity, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw Failure(words: "\(path): can't be mapped") }
        self.memory = memory
    }

    /// Eight bytes with the length, and the input.
    func write(_ input: [UInt8]) {
        let count = min(input.count, Self.capacity)
        input.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { memory.advanced(by: 8).copyMemory(from: start, byteCount: count) }
        }
        memory.storeBytes(of: UInt64(count), as: UInt64.self)
    }

    func remove() { unlink(path) }

    /// The input in such a file.
    static func input(in bytes: [UInt8]) -> [UInt8] {
        let count = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << ($1.offset * 8) }
        return Array(bytes.dropFirst(8).prefix(count))
    }
}
