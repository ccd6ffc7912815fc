// What is frozen by whom, in /run: what a later command needs to thaw after both losnap and its guard were killed.

/// How far a freeze has come, as its record says: one character, written before and after each FIFREEZE and FITHAW.
package enum FreezeState: Character, Sendable, CaseIterable {
    /// FIFREEZE has not been called.
    case prepared = "p"
    /// FIFREEZE is under way, or about to be.
    case freezing = "f"
    /// FIFREEZE has succeeded.
    case frozen = "z"
    /// What was frozen is thawed again, or FIFREEZE has failed.
    case thawed = "t"

    /// Whether a filesystem whose freezers are dead may be frozen by them.
    var mayBeFrozen: Bool { self == .freezing || self == .frozen }
}

/// One filesystem that a losnap process may have frozen.
package struct FreezeRecord: Sendable, Hashable {
    /// How far the freeze is; nil in a record of a losnap that did not write it.
    package var state: FreezeState?
    /// The boot in which it was written.
    package var boot: String
    /// The filesystem's device.
    package var device: DeviceNumber
    /// The filesystem, and the device under it, as far as the kernel tells them apart from later ones with the same number.
    package var filesystem: FrozenFilesystem
    /// 0 for a filesystem in an image, 1 for one in an image on that: an inner one may not thaw before the outer one.
    package var depth: Int
    /// Where it was mounted.
    package var mountPoint: String
    /// The freezer and its guard.
    package var processes: [ProcessIdentity]

    package init(
        state: FreezeState? = .prepared, boot: String, device: DeviceNumber, filesystem: FrozenFilesystem = FrozenFilesystem(),
        depth: Int = 0, mountPoint: String, processes: [ProcessIdentity]
    ) {
        self.state = state
        self.boot = boot
        self.device = device
        self.filesystem = filesystem
        self.depth = depth
        self.mountPoint = mountPoint
        self.processes = processes
    }

    /// Whether somebody who froze it is still there.
    var isOwnerAlive: Bool { processes.contains(where: \.isAlive) }

    /// One `key value` a line. The state comes first, so that it is found without reading (`CLINUX_RECORD_STATE_AT`); the mount point last
    /// and to the end, newlines and all.
    package var text: String {
        var lines = state.map { ["state \($0.rawValue)"] } ?? []
        lines += ["boot \(boot)", "device \(device.major):\(device.minor)", "depth \(depth)"]
        if filesystem.isBtrfs { lines.append("btrfs") }
        if let uuid = filesystem.uuid { lines.append("uuid \(uuid)") }
        if let sequence = filesystem.diskSequence { lines.append("diskseq \(sequence)") }
        lines += processes.map { "process \($0.pid) \($0.startTime)" }
        lines.append("mount \(mountPoint)")
        return lines.joined(separator: "\n")
    }

    /// nil: not a freeze record. What a later losnap writes besides is passed over.
    package init?(text: String) {
        var rest = Substring(text)
        var record = FreezeRecord(state: nil, boot: "", device: DeviceNumber(major: 0, minor: 0), mountPoint: "", processes: [])
        var hasBtrfs = false
        var seen: Set<Substring> = []
        while !rest.isEmpty {
            if rest.hasPrefix("mount ") {
                record.mountPoint = String(rest.dropFirst(6))
                guard seen.isSuperset(of: ["boot", "device"]), !record.mountPoint.isEmpty else { return nil }
                // A losnap that wrote no state wrote the UUID of a btrfs only.
                record.filesystem.isBtrfs = hasBtrfs || (record.state == nil && record.filesystem.uuid != nil)
                self = record
                return
            }
            let end = rest.utf8.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            rest = end == rest.endIndex ? "" : rest[rest.utf8.index(after: end)...]
            if line == "btrfs" {
                hasBtrfs = true
                continue
            }
            guard let space = line.firstIndex(of: " ") else { return nil }
            let key = line[..<space]
            guard record.read(key, line[line.index(after: space)...]) else { return nil }
            seen.insert(key)
        }
        return nil
    }

    /// False: what the key has makes no sense.
    private mutating func read(_ key: Substring, _ value: Substring) -> Bool {
        switch key {
        case "state":
            guard value.count == 1, let read = value.first.flatMap(FreezeState.init(rawValue:)) else { return false }
            state = read
        case "boot": boot = String(value)
        case "device":
            guard let read = DeviceNumber(value) else { return false }
            device = read
        case "depth":
            guard let read = Int(value) else { return false }
            depth = read
        case "uuid":
            guard let read = FilesystemUUID(value) else { return false }
            filesystem.uuid = read
        case "diskseq":
            guard let read = UInt64(value) else { return false }
            filesystem.diskSequence = read
        case "process":
            let parts = value.split(separator: " ")
            guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else { return false }
            processes.append(ProcessIdentity(pid: pid, startTime: start))
        default: break
        }
        return true
    }
}
