// A loop device for a scratch clone. The rule: it is autoclear from the moment it exists, and its file has no name, so that clone and device
// vanish with the last who uses them: at umount, on any error, at SIGKILL.

internal import CLinux
internal import Glibc
internal import SystemPackage

/// An attached loop device, held open. Closing lets it vanish unless it is mounted.
struct ScratchLoop: ~Copyable {
    /// In lo_file_name; what follows is the snapshot's UUID.
    static let mark = "losnap:"

    /// As `/dev/loop7`.
    let path: String
    private let descriptor: CInt

    /// Attaches an open file.
    init(attaching file: CInt, uuid: String, image: String) throws(CloneError) {
        let control = open("/dev/loop-control", O_RDWR | O_CLOEXEC)
        guard control >= 0 else { throw CloneError(Errno(rawValue: errno), .loopDevice, image) }
        defer { close(control) }
        // Another program may take the free one first: then the next.
        for _ in 0..<100 {
            let number = clinux_loop_get_free(control)
            if number < 0 { throw CloneError(Errno(rawValue: -number), .loopDevice, image) }
            let path = "/dev/loop\(number)"
            let device = Self.openWhenThere(path)
            if device < 0 { throw CloneError(Errno(rawValue: -device), .open, path) }
            let result = clinux_loop_configure(device, file, UInt32(CLINUX_LOOP_AUTOCLEAR), Self.mark + uuid)
            if result == 0 {
                self.path = path
                descriptor = device
                return
            }
            close(device)
            if result != -EBUSY { throw CloneError(Errno(rawValue: -result), .loopDevice, image) }
        }
        throw .system(.loopDevice, path: image, .resourceBusy)
    }

    deinit { close(descriptor) }

    /// The node of a new device is made by the kernel at once where /dev is devtmpfs, else by a daemon somewhat later. Returns
    /// -errno after a second.
    private static func openWhenThere(_ path: String) -> CInt {
        for attempt in 0..<100 {
            let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            if descriptor >= 0 { return descriptor }
            if errno != ENOENT && errno != ENXIO || attempt == 99 { break }
            usleep(10_000)
        }
        return -errno
    }
}
