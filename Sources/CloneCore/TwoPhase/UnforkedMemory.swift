// Memory that is written while filesystems are frozen. The rule: it is there before, and the guard, which is forked before the freeze, has no part in
// it; else the first write to each page would be a fault that takes a new one.

internal import CLinux
internal import SystemPackage

/// For elements that zeros are a value of, and that need no end.
extension UnsafeMutableBufferPointer where Element: BitwiseCopyable {
    /// So many zeros, in pages of their own.
    static func unforked(_ count: Int) throws(Errno) -> Self {
        guard let memory = clinux_unforked(count * MemoryLayout<Element>.stride, 1) else { throw .noMemory }
        return Self(start: memory.bindMemory(to: Element.self, capacity: count), count: count)
    }

    func freeUnforked() { clinux_unforked_free(baseAddress, count * MemoryLayout<Element>.stride) }
}
