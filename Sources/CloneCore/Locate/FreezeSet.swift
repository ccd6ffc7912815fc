// Everything that lies in an image: its loop devices, what is stacked on them, the filesystems mounted from those, and the same for
// every image inside. The rule: all of it is found before anything is decided, because a device that is not in the image is told only by
// the whole.

struct FreezeSet {
    /// A filesystem, and the devices of the image that it lies on.
    struct Member {
        var filesystem: MountedFilesystem
        var depth: Int
        var devices: Set<String>
        /// All devices of a btrfs, also those outside of the image.
        var allDevices: Set<String>
    }

    /// Loop devices of images inside images are followed so far; the kernel allows fewer.
    private static let deepest = 64

    private let view: SystemView
    let mounts: Mounts
    let loops: [AttachedLoop]
    /// The image's own st_dev: what lies there lies beside the image, not in it.
    private let beside: UInt64
    private(set) var members: [DeviceNumber: Member] = [:]
    /// Every block device in the image, by name.
    private(set) var devices: [String: StackedDevice] = [:]
    /// In the image, with a mounted filesystem that no mount table in reach shows.
    private(set) var unreachable: [String] = []
    /// Loop devices in use of which can't be told whether their file lies in the image.
    private(set) var undecided: [AttachedLoop] = []
    private var depths: [String: Int] = [:]
    private var holders: [String: Mounts.Holder] = [:]

    init(view: SystemView, mounts: Mounts, loops: [AttachedLoop], image: FileIdentity) {
        beside = image.device
        self.view = view
        self.mounts = mounts
        self.loops = loops
    }

    /// Adds the loop device with everything on it; `depth` is 0 for those of the image itself.
    mutating func add(_ loop: AttachedLoop, depth: Int) {
        guard depth < Self.deepest, depths[loop.name].map({ $0 < depth }) ?? true else { return }
        depths[loop.name] = depth
        for device in view.stack(on: loop) {
            devices[device.name] = device
            guard let (filesystem, all) = filesystem(on: device) else { continue }
            let former = members[filesystem.device]
            let member = Member(
                filesystem: filesystem, depth: max(depth, former?.depth ?? 0), devices: (former?.devices ?? []).union([device.name]),
                allDevices: all)
            members[filesystem.device] = member
            for inner in loops where !inner.isReadOnly && lies(inner, on: filesystem) { add(inner, depth: member.depth + 1) }
        }
    }

    /// The devices of the loop device on which a filesystem is mounted, in reach or not.
    func used(on loop: AttachedLoop) -> Bool {
        let names = Set(view.stack(on: loop).map(\.name))
        return members.values.contains { !$0.devices.isDisjoint(with: names) } || unreachable.contains(where: names.contains)
    }

    private mutating func filesystem(on device: StackedDevice) -> (MountedFilesystem, Set<String>)? {
        if let filesystem = mounts.filesystem(on: device.number) { return (filesystem, [device.name]) }
        if let (uuid, all) = view.btrfs(on: device.name) {
            if let filesystem = mounts.btrfs(uuid) { return (filesystem, Set(all)) }
            unreachable.append(device.name)
        } else if view.hasFilesystem(on: device.name) {
            unreachable.append(device.name)
        }
        return nil
    }

    private mutating func lies(_ loop: AttachedLoop, on filesystem: MountedFilesystem) -> Bool {
        if loop.identity?.device == beside { return false }
        guard let uuid = filesystem.uuid else {
            return loop.identity.map { DeviceNumber(statusDevice: $0.device) == filesystem.device } ?? false
        }
        let holder = holders[loop.name] ?? mounts.btrfs(holding: loop)
        holders[loop.name] = holder
        // Nobody can be stopped on one that is not mounted, and then its file is one like any other.
        if holder == .unknown, !undecided.contains(loop), view.stack(on: loop).contains(where: isMounted) { undecided.append(loop) }
        return holder == .btrfs(uuid)
    }

    private func isMounted(_ device: StackedDevice) -> Bool {
        mounts.filesystem(on: device.number) != nil || view.btrfs(on: device.name) != nil || view.hasFilesystem(on: device.name)
    }
}
