// What happens to the names in a directory, told by the kernel (inotify(7)), for a plan that rests on them and is to be used again. The rule: what can't
// be told counts as a change: an event that got lost, a directory that is gone, a watch that could not be had.

import CloneCore
import Glibc

/// A watch on a directory, from its making until the last reference is gone.
final class DirectoryWatch {
    private let descriptor: CInt
    /// Something has happened that was not expected.
    private var hasChanged = false

    /// Nil if the kernel gives none: there may be only so many.
    init?(_ directory: OpenFile) {
        descriptor = inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        // By the descriptor: the path may lead elsewhere by now.
        let kinds = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
        guard inotify_add_watch(descriptor, "/proc/self/fd/\(directory.descriptor)", UInt32(kinds)) >= 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Whether any name has come, gone or changed until now, but for these having gone.
    func hasChanged(butForRemovalOf names: Set<String> = []) -> Bool {
        // The kernel gives whole events only; each is at most this long and a name of 255 bytes with its end.
        let capacity = 64 * (MemoryLayout<inotify_event>.size + 256)
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            while !hasChanged {
                let length = read(descriptor, buffer.baseAddress, capacity)
                if length < 0, errno == EINTR { continue }
                if length <= 0 {
                    hasChanged = length == 0 || errno != EAGAIN
                    return
                }
                hasChanged = !Self.areRemovals(UnsafeRawBufferPointer(buffer)[..<length], of: names)
            }
        }
        return hasChanged
    }

    private static func areRemovals(_ events: Slice<UnsafeRawBufferPointer>, of names: Set<String>) -> Bool {
        var rest = UnsafeRawBufferPointer(rebasing: events)
        let headLength = MemoryLayout<inotify_event>.size
        while rest.count >= headLength {
            let event = rest.loadUnaligned(as: inotify_event.self)
            let end = headLength + Int(event.len)
            guard event.mask == UInt32(IN_DELETE), end <= rest.count else { return false }
            let name = rest[headLength..<end].prefix { $0 != 0 }
            guard names.contains(String(decoding: name, as: UTF8.self)) else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[end...])
        }
        return rest.isEmpty
    }
}
