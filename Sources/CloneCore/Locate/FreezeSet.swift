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
    mutating func add(_ loop: AttachedLoop, depth: Int) throws(CloneError) {
        guard depth < Self.deepest, depths[loop.name].map({ $0 < depth }) ?? true else { return }
        depths[loop.name] = depth
        let stack = view.stack(on: loop)
        let settled = settled(in: stack, of: loop)
        for device in stack {
            devices[device.name] = device
            guard let (filesystem, all) = try filesystem(on: device, amongOthers: !settled.contains(device.name)) else { continue }
            let former = members[filesystem.device]
            let member = Member(
                filesystem: filesystem, depth: max(depth, former?.depth ?? 0), devices: (former?.devices ?? []).union([device.name]),
                allDevices: all)
            members[filesystem.device] = member
            for inner in loops where !inner.isReadOnly {
                if try lies(inner, on: filesystem) { try add(inner, depth: member.depth + 1) }
            }
        }
    }

    /// The devices of the loop device on which a filesystem is mounted, in reach or not.
    func used(on loop: AttachedLoop) -> Bool {
        let names = Set(view.stack(on: loop).map(\.name))
        return members.values.contains { !$0.devices.isDisjoint(with: names) } || unreachable.contains(where: names.contains)
    }

    /// The devices from which nothing can be mounted that our own mounts don't show: another device has them, or one of their partitions is in use.
    private func settled(in stack: [StackedDevice], of loop: AttachedLoop) -> Set<String> {
        // Nobody writes through one that is read-only, wherever it is mounted.
        if loop.isReadOnly { return Set(stack.map(\.name)) }
        let used = stack.filter { $0.isHeld || mounts.ownFilesystem(on: $0.number) != nil }
        return Set(used.filter(\.isHeld).map(\.name) + used.compactMap(\.disk))
    }

    /// What is mounted from the device, with all its devices. What our own mounts don't show is looked for among others' only on request.
    private mutating func filesystem(
        on device: StackedDevice, amongOthers: Bool
    ) throws(CloneError) -> (MountedFilesystem, Set<String>)? {
        if let filesystem = mounts.ownFilesystem(on: device.number) { return (filesystem, [device.name]) }
        if let (uuid, all) = view.btrfs(on: device.name) {
            if let filesystem = try mounts.btrfs(uuid) { return (filesystem, Set(all)) }
            unreachable.append(device.name)
            return nil
        }
        guard amongOthers else { return nil }
        if let filesystem = try mounts.filesystem(on: device.number) { return (filesystem, [device.name]) }
        if view.hasFilesystem(on: device.name) {
            unreachable.append(device.name)
        }
        return nil
    }

    private mutating func lies(_ loop: AttachedLoop, on filesystem: MountedFilesystem) throws(CloneError) -> Bool {
        if loop.identity?.device == beside { return false }
        guard let uuid = filesystem.uuid else {
            return loop.identity.map { DeviceNumber(statusDevice: $0.device) == filesystem.device } ?? false
        }
        let holder = if let known = holders[loop.name] { known } else { try mounts.btrfs(holding: loop) }
        holders[loop.name] = holder
        // Nobody can be stopped on one that is not mounted, and then its file is one like any other.
        if holder == .unknown, !undecided.contains(loop), try isMounted(loop) { undecided.append(loop) }
        return holder == .btrfs(uuid)
    }

    private func isMounted(_ loop: AttachedLoop) throws(CloneError) -> Bool {
        for device in view.stack(on: loop) {
            if view.btrfs(on: device.name) != nil || view.hasFilesystem(on: device.name) { return true }
            if try mounts.filesystem(on: device.number) != nil { return true }
        }
        return false
    }
}
