// Which mounts somebody wants to know of. The rule: it is told from the bytes of a line, so that nothing is made of the others.

/// A choice among the mounts of a table.
package struct MountFilter: Sendable {
    /// Everything.
    private var all = false
    /// All filesystems that have a block device: how many there are is for root to decide, not for users.
    private var onBlockDevices = false
    private var devices: Set<DeviceNumber> = []
    private var types: [String] = []

    /// All mounts.
    package static let all: MountFilter = {
        var filter = MountFilter()
        filter.all = true
        return filter
    }()

    /// Those of one filesystem, by its superblock's device.
    package static func filesystem(_ device: DeviceNumber) -> MountFilter {
        var filter = MountFilter()
        filter.devices = [device]
        return filter
    }

    /// Those of that type.
    package static func type(_ type: String) -> MountFilter {
        var filter = MountFilter()
        filter.types = [type]
        return filter
    }

    /// What can lie in an image: every filesystem on a block device, and every btrfs; and those that these numbers stand for.
    package static func possiblyInImages(and devices: Set<DeviceNumber>) -> MountFilter {
        var filter = MountFilter()
        filter.onBlockDevices = true
        filter.types = ["btrfs"]
        filter.devices = devices
        return filter
    }

    /// Whether the mount is wanted.
    package func wants(_ entry: MountEntry) -> Bool {
        all || (onBlockDevices && entry.device.major != 0) || devices.contains(entry.device) || types.contains(entry.type)
    }

    /// The mount of a line, if it is wanted and makes sense.
    package func entry(of line: MountLine) -> MountEntry? {
        guard mayWant(line), let entry = MountEntry(line), wants(entry) else { return nil }
        return entry
    }

    /// Whether the line is worth reading. What it seems to say of types may be wrong: the entry tells.
    private func mayWant(_ line: MountLine) -> Bool {
        if all { return true }
        guard let device = line.device else { return false }
        return (onBlockDevices && device.major != 0) || devices.contains(device) || types.contains(where: line.mayBe)
    }
}
