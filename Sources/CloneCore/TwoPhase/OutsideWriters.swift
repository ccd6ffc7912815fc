// Who writes to an image beside its loop devices: such writes leave no record. The rules: the loop driver's own writes are no events of the file
// (it calls the filesystem directly), everybody else's are, but for memory maps and asynchronous I/O, whose owners are looked for in /proc, at
// the beginning and at the end. What can't be seen is taken to be there.

internal import CLinux
internal import Glibc
internal import SystemPackage

/// A watch on one image, from its making on.
final class OutsideWriters: Sendable {
    private let image: ImageFile
    private let view: SystemView
    private let watch: OpenFile

    /// The first process namespace (linux/proc_ns.h, PROC_PID_INIT_INO): from it every process can be seen.
    private static let firstNamespace = "pid:[4026531836]"

    /// How long the mounts, open files and maps of all processes are looked through, of which users can have as many as they like (nanoseconds).
    private static let longestSearch: UInt64 = 2_000_000_000

    init(of image: ImageFile, view: SystemView) throws(TrackingRefusal) {
        self.image = image
        self.view = view
        let descriptor = clinux_watch_writes(image.file.descriptor)
        guard descriptor >= 0 else { throw .failed(Errno(rawValue: -descriptor)) }
        watch = OpenFile(adopting: descriptor, path: image.path, kernel: .linux)
        if let refusal = found() { throw refusal }
    }

    /// Whether somebody has written since, and it was noticed. Takes no memory.
    var haveWritten: Bool { clinux_watch_noticed(watch.descriptor) != 0 }

    /// Looks for those who may write unnoticed. The image's own path is followed for that: it takes some milliseconds.
    func found() -> TrackingRefusal? {
        guard linkTarget("/proc/self/ns/pid") == Self.firstNamespace else { return .otherProcessesHidden }
        if !view.list("/sys/kernel/config/nvmet/subsystems").isEmpty { return .storageTarget }
        if view.list("/sys/kernel/config/target/core").contains(where: { $0.hasPrefix("fileio_") }) { return .storageTarget }
        let limit = TimeLimit(Self.longestSearch, kernel: .linux)
        do throws(CloneError) {
            if let mountPoint = try overlay(limit) { return .overlay(mountPoint: mountPoint) }
        } catch {
            return .searchTooLong
        }
        for name in listDirectory("/proc") {
            guard let process = Int32(name) else { continue }
            do {
                if try hasOpen(process, limit) || hasMapped(process, limit) { return .writer(process: process) }
            } catch .timedOut {
                return .searchTooLong
            } catch .noSuchFileOrDirectory, .noSuchProcess {
                // It has ended.
            } catch {
                // What a security module hides even from root. The first process starts others and writes to no image.
                if process != 1 { return .otherProcessesHidden }
            }
        }
        return haveWritten ? .writtenBeside : nil
    }

    private func hasOpen(_ process: Int32, _ limit: TimeLimit) throws(Errno) -> Bool {
        let directory = "/proc/\(process)/fd"
        var names = try DirectoryStream(directory)
        while let entry = try names.next() {
            if limit.isOver { throw .timedOut }
            let path = "\(directory)/\(entry.name)"
            var link = stat()
            // The link's own mode says how the file was opened. It may be closed by now.
            guard lstat(path, &link) == 0, link.st_mode & 0o200 != 0 else { continue }
            var status = clinux_status()
            let result = clinux_status_followed(path, &status)
            if result == -EACCES || result == -EPERM { throw Errno(rawValue: -result) }
            if result == 0, FileIdentity(device: status.device, inode: status.inode) == image.identity { return true }
        }
        return false
    }

    private func hasMapped(_ process: Int32, _ limit: TimeLimit) throws(Errno) -> Bool {
        let inode = Substring(String(image.identity.inode))
        let device = DeviceNumber(statusDevice: image.identity.device)
        let number = String(device.major, radix: 16) + ":" + String(device.minor, radix: 16)
        let end = readSystemLines("/proc/\(process)/maps", longest: 128, limit: limit) { line in
            // 7f..-7f.. rw-s 00000000 00:1f 256    /path
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 5)
            guard fields.count >= 5, fields[1].hasSuffix("s"), fields[4] == inode else { return true }
            // The device of a btrfs is another one here than that of stat(2), so there the inode's number is enough.
            return device.major != 0 && plain(fields[3]) != number
        }
        switch end {
        case .stopped: return true
        case .timeOver: throw .timedOut
        case .failed(.permissionDenied), .failed(.notPermitted): throw .permissionDenied
        // A process that is ending has no memory any more.
        case .whole, .failed: return false
        }
    }

    /// "08:0a" as "8:a".
    private func plain(_ number: Substring) -> String {
        number.split(separator: ":").map { part in UInt32(part, radix: 16).map { String($0, radix: 16) } ?? "" }.joined(separator: ":")
    }

    /// An overlay whose upper directory the image lies in: files that are open through it show neither events nor the image's inode.
    ///
    /// - Throws: if that can't be told in time.
    private func overlay(_ limit: TimeLimit) throws(CloneError) -> String? {
        var above: Set<FileIdentity> = []
        var directory = (linkTarget("/proc/self/fd/\(image.file.descriptor)") ?? image.path)[...]
        while let slash = directory.lastIndex(of: "/") {
            directory = directory[..<slash]
            if let identity = view.identity(directory.isEmpty ? "/" : String(directory)) { above.insert(identity) }
        }
        var seen: Set<DeviceNumber> = []
        var found: String?
        for root in [""] + view.otherRoots() {
            try view.readMounts(root, .type("overlay"), limit) { entry in
                guard seen.insert(entry.device).inserted, let upper = entry.superOption("upperdir") else { return true }
                // One that is not to be found from here is not above an image that is.
                let identities = [view.identity(root + upper), view.identity(upper)].compactMap(\.self)
                if identities.contains(where: above.contains) { found = entry.mountPoint }
                return found == nil
            }
            if let found { return found }
        }
        return nil
    }
}
