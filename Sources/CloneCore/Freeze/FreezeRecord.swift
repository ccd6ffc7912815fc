// The note of what is frozen by whom, in /run: what a later command needs to thaw after both losnap and its guard were killed.
// The rule: written before FIFREEZE, removed after the thaw; a record that is there says "may be frozen", never "is".

internal import Glibc
internal import SystemPackage

/// One filesystem that a losnap process may have frozen.
package struct FreezeRecord: Sendable, Hashable {
    /// The boot in which it was written.
    package var boot: String
    /// The filesystem's device.
    package var device: DeviceNumber
    /// Of a btrfs, which can't be recognised by its device: every subvolume shows another.
    package var uuid: FilesystemUUID?
    /// 0 for a filesystem in an image, 1 for one in an image on that: an inner one may not thaw before the outer one.
    package var depth: Int
    /// Where it was mounted.
    package var mountPoint: String
    /// The freezer and its guard.
    package var processes: [ProcessIdentity]

    package init(
        boot: String, device: DeviceNumber, uuid: FilesystemUUID? = nil, depth: Int = 0, mountPoint: String, processes: [ProcessIdentity]
    ) {
        self.boot = boot
        self.device = device
        self.uuid = uuid
        self.depth = depth
        self.mountPoint = mountPoint
        self.processes = processes
    }

    /// The file's name in the directory of freeze records.
    package var fileName: String { Self.fileName(of: device) }

    /// The name of the record of the filesystem on that device.
    package static func fileName(of device: DeviceNumber) -> String { "\(device.major)-\(device.minor)" }

    /// One `key value` a line. The mount point comes last and to the end, newlines and all.
    package var text: String {
        var lines = ["boot \(boot)", "device \(device.major):\(device.minor)", "depth \(depth)"]
        if let uuid { lines.append("uuid \(uuid)") }
        lines += processes.map { "process \($0.pid) \($0.startTime)" }
        lines.append("mount \(mountPoint)")
        return lines.joined(separator: "\n")
    }

    /// nil: not a freeze record.
    package init?(text: String) {
        var rest = Substring(text)
        var boot: String?
        var device: DeviceNumber?
        var uuid: FilesystemUUID?
        var depth = 0
        var processes: [ProcessIdentity] = []
        while let space = rest.firstIndex(of: " ") {
            let key = rest[..<space]
            rest = rest[rest.index(after: space)...]
            if key == "mount" {
                guard let boot, let device, !rest.isEmpty else { return nil }
                self.init(boot: boot, device: device, uuid: uuid, depth: depth, mountPoint: String(rest), processes: processes)
                return
            }
            let end = rest.firstIndex(of: "\n") ?? rest.endIndex
            let value = rest[..<end]
            rest = end == rest.endIndex ? "" : rest[rest.index(after: end)...]
            switch key {
            case "boot": boot = String(value)
            case "device":
                let parts = value.split(separator: ":").compactMap { UInt32($0) }
                guard parts.count == 2 else { return nil }
                device = DeviceNumber(major: parts[0], minor: parts[1])
            case "depth":
                guard let read = Int(value) else { return nil }
                depth = read
            case "uuid":
                guard let read = FilesystemUUID(value) else { return nil }
                uuid = read
            case "process":
                let parts = value.split(separator: " ")
                guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else { return nil }
                processes.append(ProcessIdentity(pid: pid, startTime: start))
            default: return nil
            }
        }
        return nil
    }

    /// Whether a file is the beginning of a record whose writer was killed before it had its name: nothing had been frozen yet.
    package static func wasNeverFinished(_ name: String) -> Bool {
        guard name.hasPrefix("."), let pid = name.split(separator: ".").last.flatMap({ Int32($0) }) else { return false }
        return ProcessIdentity(pid: pid) == nil
    }

    /// Writes the record in one step, so that nobody reads half of it.
    package func write(in directory: OpenFile, kernel: Kernel) throws(CloneError) {
        let path = directory.path + "/" + fileName
        let temporary = ".\(fileName).\(getpid())"
        try? kernel.unlink(directory.descriptor, temporary)  // of a process that had our number and was killed
        let file = try OpenFile(temporary, in: directory, flags: [.write, .createNew], mode: 0o600, kernel: kernel)
        do throws(CloneError) {
            let bytes = Array(text.utf8)
            guard Glibc.write(file.descriptor, bytes, bytes.count) == bytes.count else {
                throw CloneError(Errno(rawValue: errno), .write, path)
            }
            try calling(.rename, path) { () throws(Errno) in
                try kernel.rename(directory.descriptor, temporary, directory.descriptor, fileName, .replace)
            }
        } catch {
            try? kernel.unlink(directory.descriptor, temporary)
            throw error
        }
    }

    /// Removes the record; that it is gone already is no error.
    package func remove(in directory: OpenFile, kernel: Kernel) throws(CloneError) {
        do {
            try kernel.unlink(directory.descriptor, fileName)
        } catch .noSuchFileOrDirectory {
        } catch {
            throw CloneError(error, .remove, directory.path + "/" + fileName)
        }
    }
}
