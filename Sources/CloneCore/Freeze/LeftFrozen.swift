// Thawing what was left frozen when losnap and its guard were killed at one instant (a cgroup being killed). The rule: only what a
// freeze record of this boot shows, and only when every process named in it is dead; a freeze by somebody else is never thawed.
// Outermost first, each in a process of its own: FITHAW of an ext4 in an image on a frozen filesystem waits for that one.

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

/// How long a FITHAW may take: one of something really frozen takes microseconds, and a superblock to be written on a busy disk.
private let thawPatience: UInt64 = 5_000_000_000

/// Looks through the freeze records and thaws what dead processes left frozen, all at once: one that blocks keeps no other frozen, and
/// holds the caller up for a few seconds only.
///
/// - Returns: one value a record; empty in the usual case, which costs one look into a directory.
public func thawLeftFrozen(places: RuntimePlaces, view: SystemView = .linux, kernel: Kernel = .linux) throws(CloneError) -> [LeftFrozen] {
    let entries = listDirectory(places.frozen)
    guard !entries.isEmpty else { return [] }
    let records = try openPrivateDirectory(places.frozen, kernel: kernel)
    for name in entries where FreezeRecord.wasNeverFinished(name) { try? kernel.unlink(records.descriptor, name) }
    let names = entries.filter { !$0.hasPrefix(".") }
    guard !names.isEmpty else { return [] }
    let locks = try openPrivateDirectory(places.locks, kernel: kernel)
    var found: [RecordedFreeze] = []
    for record in names.sorted().compactMap({ readFreezeRecord($0, in: places) }).sorted(by: { $0.depth < $1.depth }) {
        if record.boot != currentBootID() {
            try record.remove(in: records, kernel: kernel)
        } else {
            found.append(begin(record, locks: locks, view: view, kernel: kernel))
        }
    }
    let deadline = kernel.bootTime() + thawPatience
    return withExtendedLifetime(found) {  // all locks are held to the end
        found.map { end($0, records: records, deadline: deadline, kernel: kernel) }
    }
}

/// A freeze record of this boot, and how far its thawing has come.
private enum RecordedFreeze {
    /// There is nothing to be thawed, for that reason.
    case settled(LeftFrozen)
    /// It is not there any more.
    case gone(FreezeRecord, FileLock)
    /// FITHAW has been called, on a descriptor that is kept open until it answers.
    case thawing(FreezeRecord, FileLock, OpenFile, ThawAttempt)
}

/// nil: not a freeze record, or not the one that belongs there.
func readFreezeRecord(_ name: String, in places: RuntimePlaces) -> FreezeRecord? {
    readSmallFile(places.frozen + "/" + name).flatMap { FreezeRecord(text: $0) }.flatMap { $0.fileName == name ? $0 : nil }
}

private func begin(_ record: FreezeRecord, locks: OpenFile, view: SystemView, kernel: Kernel) -> RecordedFreeze {
    let mountPoint = record.mountPoint
    guard !record.processes.contains(where: \.isAlive) else { return .settled(.inUse(mountPoint: mountPoint)) }
    do throws(CloneError) {
        let lock = try FileLock.ofFilesystem(record.device, path: mountPoint, in: locks, wait: false, kernel: kernel)
        guard let place = try Mounts(view).openPath(of: record) else {
            if view.isMountedSomewhere(record) { throw .unmountedWhileFrozen(mountPoint: mountPoint) }
            return .gone(record, lock)
        }
        let file = try openPlace(place, kernel: kernel)
        let attempt = try calling(.thaw, mountPoint) { () throws(Errno) in try ThawAttempt(file) }
        return .thawing(record, lock, file, attempt)
    } catch .locked {
        return .settled(.inUse(mountPoint: mountPoint))
    } catch {
        return .settled(.stuck(mountPoint: mountPoint, error))
    }
}

private func end(_ freeze: RecordedFreeze, records: OpenFile, deadline: UInt64, kernel: Kernel) -> LeftFrozen {
    let record: FreezeRecord
    var wasFrozen = false
    switch freeze {
    case .settled(let outcome): return outcome
    case .gone(let gone, _): record = gone
    case .thawing(let frozen, _, let file, let attempt):
        defer { withExtendedLifetime(file) {} }
        record = frozen
        switch attempt.answer(until: deadline) {
        case .thawed: wasFrozen = true
        // The freezer is dead, so its FIFREEZE has returned: EINVAL now means "not frozen".
        case .wasNotFrozen: break
        case .blocked: return .stuck(mountPoint: record.mountPoint, .thawBlocked(mountPoint: record.mountPoint))
        case .failed(let error): return .stuck(mountPoint: record.mountPoint, CloneError(error, .thaw, record.mountPoint))
        }
    }
    do {
        try record.remove(in: records, kernel: kernel)
    } catch {
        return .stuck(mountPoint: record.mountPoint, error)
    }
    return wasFrozen ? .thawed(mountPoint: record.mountPoint) : .stale(mountPoint: record.mountPoint)
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
