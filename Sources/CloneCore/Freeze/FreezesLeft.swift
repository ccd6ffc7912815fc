// What was left frozen, for those who may only look. The rule: nothing is thawed, removed, locked or made; a record counts as left behind only if it
// is still there after all its processes were found dead, for a freeze that ends removes its record first.

internal import Glibc
internal import SystemPackage

/// A freeze record whose processes are all dead: the filesystem may be frozen.
public struct FreezeLeft: Sendable, Hashable {
    /// Where the filesystem was mounted.
    public var mountPoint: String
    /// The filesystem's device.
    public var device: DeviceNumber
    /// Which filesystem it is.
    package var filesystem = FrozenFilesystem()

    /// That filesystem.
    public init(mountPoint: String, device: DeviceNumber) {
        self.mountPoint = mountPoint
        self.device = device
    }

    /// Whether a file or directory may lie on it, so that a write there would hang: yes, if that can't be told.
    public func mayHold(_ path: String, view: SystemView = .linux) -> Bool {
        guard let identity = view.filesystem(path) else { return view.realPath(path) != nil }
        return filesystem.isBtrfs ? identity.btrfsUUID == filesystem.uuid : identity.device == device
    }
}

/// The freezes of this boot that dead processes have left behind; `thawLeftFrozen` mends them.
///
/// - Throws: `.system` or `.notPermitted` if the records can't be read; that there are none yet is no error.
public func freezesLeft(places: RuntimePlaces) throws(CloneError) -> [FreezeLeft] {
    guard access(places.frozen, R_OK | X_OK) == 0 else {
        let error = Errno(rawValue: errno)
        if error == .noSuchFileOrDirectory || error == .notDirectory { return [] }
        throw CloneError(error, .list, places.frozen)
    }
    let boot = currentBootID()
    var left: [FreezeLeft] = []
    for name in listDirectory(places.frozen).sorted() where !name.hasPrefix(".") {
        guard let record = FreezeRecord.read(name, in: places), record.boot == boot, record.state?.mayBeFrozen ?? true,
            !record.isOwnerAlive, FreezeRecord.read(name, in: places) == record
        else { continue }
        var freeze = FreezeLeft(mountPoint: record.mountPoint, device: record.device)
        freeze.filesystem = record.filesystem
        left.append(freeze)
    }
    return left
}
