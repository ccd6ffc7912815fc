// Thawing what was left frozen when losnap and its guard were killed at one instant (a cgroup being killed). The rules: only what a freeze record
// of this boot shows, and only under the filesystem's lock, which program and guard hold as long as they live; a record is believed only as it is
// read then; what it says was not frozen yet, or is thawed, is not thawed; nor is another filesystem that has the device number now.
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

/// How long a FITHAW may take, or another who is at it: one of something really frozen takes microseconds, and a superblock to be written on a
/// busy disk.
private let thawPatience: UInt64 = 5_000_000_000

/// How long the mounts of other namespaces may be read for a filesystem that is not in ours (nanoseconds).
private let searchPatience: UInt64 = 5_000_000_000

/// Looks through the freeze records and thaws what dead processes left frozen, all at once: one that blocks keeps no other frozen, and
/// holds the caller up for a few seconds only.
///
/// - Parameter waits: whether to wait for others who are at it, and to report what they can't thaw.
/// - Returns: one value a record; empty in the usual case, which costs one look into a directory.
public func thawLeftFrozen(
    places: RuntimePlaces, waitingForOthers waits: Bool = true, view: SystemView = .linux, kernel: Kernel = .linux
) throws(CloneError) -> [LeftFrozen] {
    try FreezeMender(places: places, view: view, kernel: kernel).thaw(waitingForOthers: waits).map(\.outcome)
}

/// Who thaws what dead processes left frozen.
struct FreezeMender {
    let places: RuntimePlaces
    let view: SystemView
    let kernel: Kernel

    /// A freeze record, and how far its thawing has come.
    private enum Found {
        /// There is nothing to be done, for that reason.
        case settled(LeftFrozen)
        /// Its processes are dead, but somebody has the lock: another who thaws it, or whose FITHAW has not come back.
        case locked(FreezeRecord)
        /// Nothing is frozen there.
        case stale(FreezeRecord, FileLock)
        /// FITHAW has been called, on a descriptor that is kept open until it answers.
        case thawing(FreezeRecord, FileLock, OpenFile, ThawAttempt)
    }

    /// Thaws it.
    ///
    /// - Parameters:
    ///   - held: the locks of filesystems that the caller has.
    ///   - waits: whether to wait for others who are at it, and to report what they can't thaw; a caller who has looked before need not.
    func thaw(
        holding held: [DeviceNumber: FileLock] = [:], waitingForOthers waits: Bool = true
    ) throws(CloneError) -> [(device: DeviceNumber, outcome: LeftFrozen)] {
        let entries = listDirectory(places.frozen)
        guard !entries.isEmpty else { return [] }
        let records = try openPrivateDirectory(places.frozen, kernel: kernel)
        for name in entries where FreezeRecord.wasNeverFinished(name) { try? kernel.unlink(records.descriptor, name) }
        let noted = entries.compactMap { FreezeRecord.read($0, in: places) }
        guard !noted.isEmpty else { return [] }
        let locks = try openPrivateDirectory(places.locks, kernel: kernel)
        let deadline = kernel.bootTime() + thawPatience
        var found: [(device: DeviceNumber, state: Found)] = []
        for record in noted.sorted(by: { ($0.depth, $0.device) < ($1.depth, $1.device) }) {
            if let state = try begin(record, holding: held[record.device], locks, records) { found.append((record.device, state)) }
        }
        return try withExtendedLifetime(found) { () throws(CloneError) in  // all locks are held to the end
            var outcomes: [(device: DeviceNumber, outcome: LeftFrozen)] = []
            for (device, state) in found {
                if case .locked = state, !waits { continue }
                if let outcome = try end(state, locks, records, deadline) { outcomes.append((device, outcome)) }
            }
            return outcomes
        }
    }

    /// Gets the lock and begins to thaw. Nil: there is no record any more, and nothing was frozen.
    private func begin(
        _ noted: FreezeRecord, holding held: FileLock?, _ locks: OpenFile, _ records: OpenFile
    ) throws(CloneError) -> Found? {
        if let held { return try begin(noted.fileName, under: held, records) }
        // The usual case of a freeze under way; to try the lock could get in the way of who is about to take it.
        if noted.isOwnerAlive, LockHolder.of(FileLock.filesystemName(of: noted.device), in: places.locks) != nil {
            return .settled(.inUse(mountPoint: noted.mountPoint))
        }
        do throws(CloneError) {
            let lock = try FileLock.ofFilesystem(
                noted.device, path: noted.mountPoint, in: locks, waiting: .none, kernel: kernel)
            return try begin(noted.fileName, under: lock, records)
        } catch .locked {
            return noted.isOwnerAlive ? .settled(.inUse(mountPoint: noted.mountPoint)) : .locked(noted)
        } catch {
            return .settled(.stuck(mountPoint: noted.mountPoint, error))
        }
    }

    /// With the lock: what the record says now holds.
    private func begin(_ name: String, under lock: FileLock, _ records: OpenFile) throws(CloneError) -> Found? {
        guard let record = FreezeRecord.read(name, in: places) else { return nil }
        guard record.boot == currentBootID() else {
            try FreezeRecord.remove(name, in: records, kernel: kernel)
            return nil
        }
        guard let state = record.state else {
            // Of a losnap whose guard does not hold the lock.
            return record.isOwnerAlive ? .settled(.inUse(mountPoint: record.mountPoint)) : begin(record, under: lock)
        }
        return state.mayBeFrozen ? begin(record, under: lock) : .stale(record, lock)
    }

    private func begin(_ record: FreezeRecord, under lock: FileLock) -> Found {
        do throws(CloneError) {
            let uuid = record.filesystem.isBtrfs ? record.filesystem.uuid : nil
            let limit = TimeLimit(searchPatience, kernel: kernel)
            guard let place = try view.path(opening: record.device, uuid: uuid, mountedAt: record.mountPoint, limit: limit) else {
                if view.isMountedSomewhere(record) { throw .unmountedWhileFrozen(mountPoint: record.mountPoint) }
                return .stale(record, lock)
            }
            let file = try openPlace(place, kernel: kernel)
            // A mount may have come or gone since it was found.
            guard let identity = FilesystemIdentity.of(file.descriptor), record.isOf(identity) else {
                throw .noSuchFile(path: record.mountPoint)
            }
            guard FrozenFilesystem(of: file.descriptor, on: record.device, view: view).canBe(record.filesystem) else {
                return .stale(record, lock)
            }
            let attempt = try calling(.thaw, record.mountPoint) { () throws(Errno) in try ThawAttempt(file, holding: lock) }
            return .thawing(record, lock, file, attempt)
        } catch {
            return .settled(.stuck(mountPoint: record.mountPoint, error))
        }
    }

    private func end(
        _ found: Found, _ locks: OpenFile, _ records: OpenFile, _ deadline: UInt64
    ) throws(CloneError) -> LeftFrozen? {
        let record: FreezeRecord
        var wasFrozen = false
        switch found {
        case .settled(let outcome): return outcome
        case .stale(let stale, _): record = stale
        case .locked(let noted):
            let now = kernel.bootTime()
            let wait = LockWait(waits: true, atMost: deadline > now ? deadline - now : 0)
            let lock: FileLock
            do throws(CloneError) {
                lock = try .ofFilesystem(noted.device, path: noted.mountPoint, in: locks, waiting: wait, kernel: kernel)
            } catch .locked {
                // The record may have gone with who had the lock, and the lock to the next freeze.
                guard let left = FreezeRecord.read(noted.fileName, in: places) else { return nil }
                if left.isOwnerAlive { return .inUse(mountPoint: left.mountPoint) }
                return .stuck(mountPoint: left.mountPoint, .thawBlocked(mountPoint: left.mountPoint))
            }
            guard let again = try begin(noted.fileName, under: lock, records) else { return nil }
            return try end(again, locks, records, kernel.bootTime() + thawPatience)
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
            try FreezeRecord.remove(record.fileName, in: records, kernel: kernel)
        } catch {
            return .stuck(mountPoint: record.mountPoint, error)
        }
        return wasFrozen ? .thawed(mountPoint: record.mountPoint) : .stale(mountPoint: record.mountPoint)
    }
}

extension FreezeRecord {
    /// Whether a descriptor that told this is on the filesystem.
    fileprivate func isOf(_ identity: FilesystemIdentity) -> Bool {
        filesystem.isBtrfs ? identity.btrfsUUID == filesystem.uuid : identity.device == device
    }
}

extension SystemView {
    /// Whether the kernel still has the filesystem. A frozen one lives on when it is unmounted, and is met again, frozen, by the next mount.
    fileprivate func isMountedSomewhere(_ record: FreezeRecord) -> Bool {
        let device = FrozenFilesystem(diskSequence: FrozenFilesystem.diskSequence(of: record.device, view: self))
        guard device.canBe(record.filesystem) else { return false }
        if record.filesystem.isBtrfs, let uuid = record.filesystem.uuid { return !list("/sys/fs/btrfs/\(uuid)").isEmpty }
        let lines = read("/sys/dev/block/\(record.device)/uevent")?.split(separator: "\n") ?? []
        return lines.contains { $0.hasPrefix("DEVNAME=") && hasFilesystem(on: String($0.dropFirst(8))) }
    }
}
