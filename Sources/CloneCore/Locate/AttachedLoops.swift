// The attached loop devices, and what is stacked on them. The rule: a loop device's file is known by device and inode
// (LOOP_GET_STATUS64); only who may not ask falls back on the path in sysfs, and then by what that path leads to now.

/// An attached loop device.
package struct AttachedLoop: Sendable, Hashable {
    /// `loop0`
    package var name: String
    /// The file behind it; nil when the kernel can't be asked and its path leads nowhere.
    package var identity: FileIdentity?
    /// Its path as the kernel shows it, with ` (deleted)` after an unlink.
    package var backingPath: String
    package var isReadOnly: Bool
    /// Whether it detaches itself when the last user closes it.
    package var isAutoclear = false
    /// lo_file_name: what the one who attached it wrote there; nil when the kernel can't be asked.
    package var label: String?
    /// `/dev/loop0`
    package var path: String { "/dev/\(name)" }

    /// The path without the kernel's mark for an unlinked file, if it has one.
    package var unmarkedPath: String? {
        let mark = " (deleted)"
        return backingPath.hasSuffix(mark) ? String(backingPath.dropLast(mark.count)) : nil
    }
}

/// A block device that lies on a loop device, or is one.
struct StackedDevice: Sendable, Hashable {
    /// As in /sys/block and /dev: `loop0`, `loop0p1`, `dm-3`.
    var name: String
    var number: DeviceNumber
    /// The devices below it; more than one for LVM and MD. None for loop devices and partitions.
    var slaves: [String]
    /// The disk that it is a partition of.
    var disk: String?
    /// Whether another device has it for itself, so that nothing can be mounted from it.
    var isHeld: Bool
}

extension SystemView {
    /// All attached loop devices, by number.
    package func loopDevices() -> [AttachedLoop] {
        let numbers = list("/sys/block").compactMap { name in name.hasPrefix("loop") ? UInt32(name.dropFirst(4)) : nil }
        return numbers.sorted().compactMap { number in
            let name = "loop\(number)"
            // The directory `loop` is there only while a file is attached.
            guard let path = read("/sys/block/\(name)/loop/backing_file") else { return nil }
            switch loopStatus(name) {
            case .attached(let status):
                return AttachedLoop(
                    name: name, identity: status.identity, backingPath: path, isReadOnly: status.isReadOnly,
                    isAutoclear: status.isAutoclear, label: status.name)
            case .detached: return nil
            case .unknown:
                return AttachedLoop(
                    name: name, identity: identity(path), backingPath: path, isReadOnly: read("/sys/block/\(name)/ro") == "1")
            }
        }
    }

    /// The loop device itself, its partitions, and everything that device-mapper, MD and others have stacked on them.
    func stack(on loop: AttachedLoop) -> [StackedDevice] {
        var found: [StackedDevice] = []
        var queue: [(name: String, directory: String, disk: String?)] = [(loop.name, "/sys/block/\(loop.name)", nil)]
        var seen: Set<String> = [loop.name]
        while let (name, directory, disk) = queue.popLast() {
            let holders = list("\(directory)/holders")
            if let number = read("\(directory)/dev").flatMap({ DeviceNumber($0) }) {
                found.append(
                    StackedDevice(
                        name: name, number: number, slaves: list("\(directory)/slaves"), disk: disk, isHeld: !holders.isEmpty))
            }
            for entry in list(directory) where entry.hasPrefix(name) && read("\(directory)/\(entry)/partition") != nil {
                if seen.insert(entry).inserted { queue.append((entry, "\(directory)/\(entry)", name)) }
            }
            for holder in holders where seen.insert(holder).inserted {
                queue.append((holder, "/sys/block/\(holder)", nil))
            }
        }
        return found.sorted { $0.name < $1.name }
    }

    /// The mounted btrfs that has the device, with all devices it has. (Linux lists mounted ones only, by the UUID in force, also
    /// where that is a temporary one.)
    func btrfs(on device: String) -> (uuid: FilesystemUUID, devices: [String])? {
        for name in list("/sys/fs/btrfs") {
            guard let uuid = FilesystemUUID(name) else { continue }
            let devices = list("/sys/fs/btrfs/\(name)/devices")
            if devices.contains(device) { return (uuid, devices) }
        }
        return nil
    }

    /// Whether sysfs knows a mounted filesystem on the device, also when no mount table in reach shows it.
    func hasFilesystem(on device: String) -> Bool {
        ["xfs", "ext4", "f2fs", "nilfs2"].contains { list("/sys/fs/\($0)").contains(device) }
    }
}
