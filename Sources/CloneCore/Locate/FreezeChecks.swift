// Why a set of filesystems can't give a consistent clone. Each check looks at the whole set and names one reason. The rule: what can't be
// decided is refused.

struct FreezeChecks {
    let view: SystemView
    let set: FreezeSet
    let image: String

    /// The loop devices of the image itself are `direct`.
    func check(direct: [AttachedLoop]) throws(CloneError) {
        try checkDevicesBelow()
        try checkLogs()
        try checkSuspended()
        if let device = set.unreachable.first { throw .refused(.unreachableNamespace(image: image, device: "/dev/\(device)")) }
        if let loop = set.undecided.first { throw .refused(.unknownBackingFile(image: image, device: loop.path)) }
        for loop in direct where !loop.isReadOnly && !set.used(on: loop) {
            if holdsForeignJournal(loop.name) { throw .refused(.oneOfSeveralDevices(image: image, filesystem: "an ext4 filesystem")) }
            throw .refused(.attachedNotMounted(image: image, device: loop.path))
        }
    }

    /// LVM, MD and btrfs must have all their devices in the image.
    private func checkDevicesBelow() throws(CloneError) {
        for device in set.devices.values.sorted(by: { $0.name < $1.name }) {
            if device.slaves.contains(where: { set.devices[$0] == nil }) {
                throw .refused(.oneOfSeveralDevices(image: image, filesystem: "/dev/\(device.name)"))
            }
        }
        for member in set.members.values where member.allDevices.contains(where: { set.devices[$0] == nil }) {
            throw .refused(.oneOfSeveralDevices(image: image, filesystem: "the \(named(member))"))
        }
    }

    private func checkSuspended() throws(CloneError) {
        for device in set.devices.keys.sorted() where view.read("/sys/block/\(device)/dm/suspended") == "1" {
            throw .refused(.suspended(image: image, name: view.read("/sys/block/\(device)/dm/name") ?? device))
        }
    }

    private func checkLogs() throws(CloneError) {
        for entry in set.mounts.entries {
            guard entry.type == "xfs" else { continue }
            let others = ["logdev", "rtdev"].compactMap { entry.superOption($0) }
            let inside = others.filter { set.devices[deviceName($0)] != nil }
            if set.members[entry.device] != nil {
                if inside.count < others.count { throw .refused(.externalLog(image: image, mountPoint: entry.mountPoint)) }
            } else if !inside.isEmpty {
                throw .refused(.oneOfSeveralDevices(image: image, filesystem: "the XFS at \(entry.mountPoint)"))
            }
        }
        for member in set.members.values where ["ext3", "ext4"].contains(member.filesystem.type) {
            for name in member.devices where ext4Superblock(name)?.journalIsElsewhere ?? false {
                throw .refused(.externalLog(image: image, mountPoint: member.filesystem.mountPoint))
            }
        }
    }

    private func named(_ member: FreezeSet.Member) -> String { "\(member.filesystem.type) at \(member.filesystem.mountPoint)" }

    /// `/dev/mapper/x` is a link to `/dev/dm-0`.
    private func deviceName(_ path: String) -> String {
        let real = view.realPath(path) ?? path
        return String(real[(real.lastIndex(of: "/").map(real.index(after:)) ?? real.startIndex)...])
    }

    private func holdsForeignJournal(_ device: String) -> Bool { ext4Superblock(device)?.isJournalDevice ?? false }

    private func ext4Superblock(_ device: String) -> Ext4Superblock? {
        view.deviceBytes(device, 1024, 1024).flatMap(Ext4Superblock.init)
    }
}

/// What matters here of an ext4 superblock (Documentation/filesystems/ext4/super.rst).
struct Ext4Superblock {
    /// It has a journal, on another device.
    let journalIsElsewhere: Bool
    /// It is no filesystem but the journal of another one.
    let isJournalDevice: Bool

    /// From the 1,024 bytes at 1,024; nil if it is none.
    init?(_ bytes: [UInt8]) {
        func number(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32($1 * 8) } }
        guard bytes.count >= 0x100, bytes[0x38] == 0x53, bytes[0x39] == 0xef else { return nil }
        isJournalDevice = number(0x60) & 0x8 != 0  // s_feature_incompat, JOURNAL_DEV
        journalIsElsewhere = number(0x5c) & 0x4 != 0 && number(0xe0) == 0  // s_feature_compat, HAS_JOURNAL; s_journal_inum
    }
}
