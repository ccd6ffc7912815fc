// A clone job whose kernel is watched and can be made to fail at the n-th call. Freezing, thawing, syncing and cloning are pretended:
// nothing is really frozen. Two filesystems that every machine has stand for what is mounted from the image and from one inside it; the
// guard is a real one, to which they answer that they are not frozen.

import Foundation
import Glibc
import Synchronization
import SystemPackage

@testable import CloneCore

/// What the kernel was asked, in order.
final class FreezeTrace: Sendable {
    struct Event: Equatable, CustomStringConvertible {
        var call: String
        var descriptor: CInt
        /// Freeze records there at that moment.
        var records: Int
        var failed = false
        var description: String { "\(call) \(descriptor)\(failed ? " failed" : "")" }
    }

    private struct State {
        var events: [Event] = []
        var failing = 0
        var errno = Errno.ioError
    }

    let directory: String
    /// How the image is to be cloned, and from how many extents in two phases.
    let way: CloneWay?
    let plainAtMost: Int
    private let state = Mutex(State())

    init(failing number: Int = 0, with errno: Errno = .ioError, way: CloneWay? = nil, plainAtMost: Int = 1000) {
        self.way = way
        self.plainAtMost = plainAtMost
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/tmp"
        var template = Array("\(parent)/losnap-trace.XXXXXX".utf8CString)
        _ = mkdtemp(&template)
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        state.withLock {
            $0.failing = number
            $0.errno = errno
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var events: [Event] { state.withLock { $0.events } }
    var places: RuntimePlaces { RuntimePlaces(under: directory + "/run") }
    var records: [String] { listDirectory(places.frozen) }

    /// Counts a call; throws if it is the one that is to fail.
    func note(_ call: String, _ descriptor: CInt) throws(Errno) {
        let records = listDirectory(places.frozen).filter { !$0.hasPrefix(".") }.count
        let errno: Errno? = state.withLock { state in
            let fails = state.events.count + 1 == state.failing
            state.events.append(Event(call: call, descriptor: descriptor, records: records, failed: fails))
            return fails ? state.errno : nil
        }
        if let errno { throw errno }
    }

    var kernel: Kernel {
        let real = Kernel.linux
        var kernel = real
        kernel.freeze = { (fd) throws(Errno) in try self.note("freeze", fd) }
        kernel.thaw = { (fd) throws(Errno) in try self.note("thaw", fd) }
        kernel.syncFilesystem = { (fd) throws(Errno) in try self.note("syncFilesystem", fd) }
        kernel.synchronizeData = { (fd) throws(Errno) in try self.note("synchronizeData", fd) }
        kernel.clone = { (_, source) throws(Errno) in try self.note("clone", source) }
        kernel.cloneRange = { (_, source, _, _) throws(Errno) in try self.note("cloneRange", source) }
        kernel.readExtents = { (fd, buffer, start, limit, writeOut) throws(Errno) in
            try self.note("readExtents", fd)
            return try real.readExtents(fd, buffer, start, limit, writeOut)
        }
        kernel.open = { (directory, name, flags, mode) throws(Errno) in
            try self.note("open", directory)
            return try real.open(directory, name, flags, mode)
        }
        kernel.openNameless = { (directory, mode) throws(Errno) in
            try self.note("openNameless", directory)
            return try real.openNameless(directory, mode)
        }
        kernel.unlink = { (directory, name) throws(Errno) in
            try self.note("unlink", directory)
            try real.unlink(directory, name)
        }
        kernel.rename = { (from, name, to, newName, how) throws(Errno) in
            try self.note("rename", from)
            try real.rename(from, name, to, newName, how)
        }
        kernel.status = { (fd) throws(Errno) in
            try self.note("status", fd)
            return try real.status(fd)
        }
        kernel.truncate = { (fd, size) throws(Errno) in
            try self.note("truncate", fd)
            try real.truncate(fd, size)
        }
        kernel.lock = { (fd, wait) throws(Errno) in
            try self.note("lock", fd)
            try real.lock(fd, wait)
        }
        return kernel
    }

    /// An image with a filesystem at `/sys`, on which lies an image with one at `/proc`.
    ///
    /// - Parameter waits: whether to wait for locks that a child of this process holds, which another test has just begun to start.
    func take(waiting waits: Bool = false) throws -> [TakenClone] {
        let path = directory + "/home.img"
        if !FileManager.default.fileExists(atPath: path) { try Data(repeating: 7, count: 200_000).write(to: URL(fileURLWithPath: path)) }
        let image = try ImageFile(path: path, kernel: kernel)
        let outer = try device(of: "/sys")
        let inner = try device(of: "/proc")
        var system = RecordedSystem()
        system.mounts("50 27 \(outer.number) / /sys rw - xfs /dev/loop0 rw\n51 27 \(inner.number) / /proc rw - ext4 /dev/loop1 rw")
        system.loop(0, image.identity, path)
        system.loop(1, FileIdentity(device: outer.raw, inode: 99), "/sys/inner.img")
        system.sysfs("block/loop0/dev = \(outer.number)\nblock/loop1/dev = \(inner.number)")
        let target = CloneTarget(image: image, directory: try OpenFile(directory, flags: [.directory], kernel: kernel))
        var options = CloneOptions(wait: LockWait(waits: waits, atMost: 60_000_000_000), places: places, way: way)
        options.tuning.plainAtMost = plainAtMost
        let job = try CloneJob(preparing: [target], options: options, view: system.view, kernel: kernel)
        return try job.run()
    }

    private func device(of path: String) throws -> (raw: UInt64, number: DeviceNumber) {
        let raw = try OpenFile(path, flags: [.directory], kernel: .linux).status().identity.device
        return (raw, DeviceNumber(statusDevice: raw))
    }
}
