// The running system as a `SystemView`. The rule: it opens nothing that could wait (no FIFO, no device but loop devices, nothing by a
// path that was not looked at first), and changes nothing.

internal import CLinux
internal import Glibc
internal import SystemPackage

extension SystemView {
    /// The running system.
    public static let linux = SystemView(
        readMounts: { (root, filter, limit, use) throws(CloneError) in try CloneCore.readMounts(root, filter, limit, use) },
        otherRoots: { findOtherRoots() },
        list: { listDirectory($0) },
        read: { path in
            guard var bytes = readSystemFile(path) else { return nil }
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        },
        loopStatus: { readLoopStatus($0) },
        identity: { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        },
        realPath: { path in try? pathMindingLinks(path, kernel: .linux) },
        filesystem: { identifyFilesystem($0) },
        deviceBytes: { readDevice($0, $1, $2) })
}

/// Where a symbolic link leads, of /proc above all.
func linkTarget(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink(path, $0.bindMemory(to: CChar.self).baseAddress!, $0.count) }
    return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
}

private func readMounts(
    _ root: String, _ filter: MountFilter, _ limit: TimeLimit?, _ use: (MountEntry) -> Bool
) throws(CloneError) {
    let process = root.isEmpty ? "/proc/self" : String(root.dropLast("/root".count))
    let path = "\(process)/mountinfo"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        // Another process may have ended meanwhile, or be somebody else's: nothing to see.
        if root.isEmpty { throw CloneError(Errno(rawValue: errno), .read, path) }
        return
    }
    defer { close(descriptor) }
    var lines = MountLines()
    var buffer = [UInt8](repeating: 0, count: 65536)
    func useLine(_ line: MountLine) -> Bool {
        filter.entry(of: line).map(use) ?? true
    }
    while true {
        if let limit { try limit.checkMounts() }
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0, root.isEmpty { throw CloneError(Errno(rawValue: errno), .read, path) }
        if count <= 0 { return lines.end(useLine) }
        guard lines.take(buffer[..<count], useLine) else { return }
    }
}

/// One process for each other mount namespace: one whose root directory is the namespace's, for it sees all; else one for each root directory.
private func findOtherRoots() -> [String] {
    let own = linkTarget("/proc/self/ns/mnt")
    var order: [String] = []
    // Paths by their hashes: they may be long, and many.
    var roots: [String: [Int: UInt32]] = [:]
    let whole = "/".hashValue
    for pid in listDirectory("/proc").compactMap({ UInt32($0) }).sorted() {
        // Gone meanwhile, or somebody else's: nothing to see.
        guard let namespace = linkTarget("/proc/\(pid)/ns/mnt"), namespace != own, roots[namespace]?[whole] == nil,
            let root = linkTarget("/proc/\(pid)/root")?.hashValue
        else { continue }
        if roots[namespace] == nil { order.append(namespace) }
        if root == whole { roots[namespace] = [:] }
        if roots[namespace]?[root] == nil { roots[namespace, default: [:]][root] = pid }
    }
    return order.flatMap { roots[$0]?.values.sorted() ?? [] }.map { "/proc/\($0)/root" }
}

private func readLoopStatus(_ name: String) -> LoopAnswer {
    let descriptor = openBlockDevice(name)
    guard descriptor >= 0 else { return .unknown }
    defer { close(descriptor) }
    var raw = clinux_loop_status()
    let result = clinux_loop_get_status(descriptor, &raw)
    guard result == 0 else { return result == -ENXIO ? .detached : .unknown }
    let fileName = withUnsafeBytes(of: &raw.file_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return .attached(
        LoopStatus(
            identity: FileIdentity(device: raw.device, inode: raw.inode), offset: raw.offset, sizeLimit: raw.size_limit,
            isReadOnly: raw.flags & UInt32(CLINUX_LOOP_READ_ONLY) != 0,
            isAutoclear: raw.flags & UInt32(CLINUX_LOOP_AUTOCLEAR) != 0, name: fileName))
}

/// A device node may have been put there by anybody, or mean another device: it must be the one that sysfs knows by the name.
private func openBlockDevice(_ name: String) -> CInt {
    let descriptor = open("/dev/\(name)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { return -1 }
    var status = clinux_status()
    if clinux_status_of(descriptor, "", &status) == 0, FileKind(mode: status.mode) == .blockDevice,
        let text = readSystemFile("/sys/class/block/\(name)/dev"),
        DeviceNumber(String(decoding: text.dropLast(), as: UTF8.self))
            == DeviceNumber(major: status.rdev_major, minor: status.rdev_minor)
    {
        return descriptor
    }
    close(descriptor)
    return -1
}

private func readDevice(_ name: String, _ offset: UInt64, _ count: Int) -> [UInt8]? {
    let descriptor = openBlockDevice(name)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: count)
    return pread(descriptor, &buffer, count, off_t(clamping: offset)) == count ? buffer : nil
}

private func identifyFilesystem(_ path: String) -> FilesystemIdentity? {
    // First without opening: a FIFO or a device would wait, or do something.
    let place = open(path, CInt(CLINUX_O_PATH) | O_CLOEXEC)
    guard place >= 0 else { return nil }
    defer { close(place) }
    var status = clinux_status()
    guard clinux_status_of(place, "", &status) == 0 else { return nil }
    let kind = FileKind(mode: status.mode)
    guard kind == .directory || kind == .regular else { return nil }
    let descriptor = open("/proc/self/fd/\(place)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return FilesystemIdentity.of(descriptor)
}
