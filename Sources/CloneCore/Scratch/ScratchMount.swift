// What is known of a scratch clone that is mounted: all of it can be read back from the kernel, nothing is stored.

/// A scratch clone that is mounted.
public struct ScratchMount: Sendable, Hashable {
    /// The UUID of the snapshot, as it was given to `mount`.
    public var snapshot: String
    /// Where it is mounted, without symbolic links.
    public var directory: String
    /// Its loop device, as `/dev/loop7`.
    public var device: String
    /// The filesystem's type: "xfs", "ext4", "btrfs".
    public var type: String
    public var access: ScratchAccess

    public init(snapshot: String, directory: String, device: String, type: String, access: ScratchAccess) {
        self.snapshot = snapshot
        self.directory = directory
        self.device = device
        self.type = type
        self.access = access
    }
}

/// What may be done in a scratch clone. Neither touches the snapshot.
public enum ScratchAccess: Sendable, Hashable {
    case readOnly
    case writable
}
