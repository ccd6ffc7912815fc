// Thawing what was left frozen when losnap and its guard were killed at one instant (a cgroup being killed). The rule: only what a
// freeze record of this boot shows, and only when every process named in it is dead; a freeze by somebody else is never thawed.
// Outermost first: FITHAW of an ext4 in an image on a frozen filesystem waits for that one.

internal import Glibc
internal import SystemPackage

/// What was found for one freeze record.
public enum LeftFrozen: Sendable, Hashable {
    /// It was frozen, and is thawed now.
    case thawed(mountPoint: String)
    /// It was not frozen any more; the record is removed.
    case stale(mountPoint: String)
    /// Those who froze it are at work.
    case inUse(mountPoint: String)
    /// It can't be thawed, for the reason given.
    case stuck(mountPoint: String, CloneError)
}

/// Looks through the freeze records and thaws what dead processes left frozen.
///
/// - Returns: one value a record; empty in the usual case, which costs one look into a directory.
public func thawLeftFrozen(places: RuntimePlaces, view: SystemView = .linux, kernel: Kernel = .linux) throws(CloneError) -> [LeftFrozen] {
    let names = listDirectory(places.frozen).filter { !$0.hasPrefix(".") }
    guard !names.isEmpty else { return [] }
    let records = try openPrivateDirectory(places.frozen, kernel: kernel)
    let locks = try openPrivateDirectory(places.locks, kernel: kernel)
    var found: [LeftFrozen] = []
    for record in names.sorted().compactMap({ readFreezeRecord($0, in: places) }).sorted(by: { $0.depth < $1.depth }) {
        if record.boot != currentBootID() {
            try record.remove(in: records, kernel: kernel)
            continue
        }
        if record.processes.contains(where: \.isAlive) {
            found.append(.inUse(mountPoint: record.mountPoint))
            continue
        }
        found.append(thaw(record, records: records, locks: locks, view: view, kernel: kernel))
    }
    return found
}

/// nil: not a freeze record, or not the one that belongs there.
func readFreezeRecord(_ name: String, in places: RuntimePlaces) -> FreezeRecord? {
    readSmallFile(places.frozen + "/" + name).flatMap { FreezeRecord(text: $0) }.flatMap { $0.fileName == name ? $0 : nil }
}

private func thaw(_ record: FreezeRecord, records: OpenFile, locks: OpenFile, view: SystemView, kernel: Kernel) -> LeftFrozen {
    do {
        let lock: FileLock
        do {
            lock = try .ofFilesystem(record.device, path: record.mountPoint, in: locks, wait: false, kernel: kernel)
        } catch .locked {
            return .inUse(mountPoint: record.mountPoint)
        }
        defer { withExtendedLifetime(lock) {} }
        guard let place = try Mounts(view).openPath(of: record) else {
            if view.isMountedSomewhere(record) { throw CloneError.unmountedWhileFrozen(mountPoint: record.mountPoint) }
            try record.remove(in: records, kernel: kernel)
            return .stale(mountPoint: record.mountPoint)
        }
        let file = try OpenFile(place, flags: [.followLinks, .nonBlocking], kernel: kernel)
        // The freezer is dead, so its FIFREEZE has returned: EINVAL now means "not frozen".
        var wasFrozen = false
        while true {
            do {
                try kernel.thaw(file.descriptor)
                wasFrozen = true
            } catch .invalidArgument {
                break
            } catch {
                throw CloneError(error, .thaw, record.mountPoint)
            }
        }
        try record.remove(in: records, kernel: kernel)
        return wasFrozen ? .thawed(mountPoint: record.mountPoint) : .stale(mountPoint: record.mountPoint)
    } catch let error as CloneError {
        return .stuck(mountPoint: record.mountPoint, error)
    } catch {
        return .stuck(mountPoint: record.mountPoint, .stillFrozen(mountPoint: record.mountPoint))
    }
}

/// The plain names in a directory; none when it can't be read or is not there.
package func listDirectory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

extension Mounts {
    /// A path that opens the filesystem of the record, wherever it is mounted now; nil: it is not mounted in reach.
    fileprivate func openPath(of record: FreezeRecord) -> String? {
        let found = record.uuid.map { btrfs($0) } ?? filesystem(on: record.device)
        guard let found, found.device == record.device else { return nil }
        return opening(found)?.path
    }
}

extension SystemView {
    /// Whether the kernel still has the filesystem. A frozen one lives on when it is unmounted, and is met again, frozen, by the next mount.
    fileprivate func isMountedSomewhere(_ record: FreezeRecord) -> Bool {
        if let uuid = record.uuid { return !list("/sys/fs/btrfs/\(uuid)").isEmpty }
        let lines = read("/sys/dev/block/\(record.device)/uevent")?.split(separator: "\n") ?? []
        return lines.contains { $0.hasPrefix("DEVNAME=") && hasFilesystem(on: String($0.dropFirst(8))) }
    }
}
