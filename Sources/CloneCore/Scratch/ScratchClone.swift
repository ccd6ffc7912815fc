// A scratch clone: a look inside a snapshot without touching it.

/// A scratch clone that is mounted.
public struct ScratchMount: Sendable, Hashable {
    /// The UUID of the snapshot, as it was given to `mount`.
    public var snapshot: String
    /// Where it is mounted.
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

/// Makes, finds and ends scratch clones.
public struct ScratchClone: Sendable {
    let kernel: Kernel
    let view: SystemView

    public init(kernel: Kernel = .linux, view: SystemView = .linux) {
        self.kernel = kernel
        self.view = view
    }

    /// Clones the snapshot into a nameless file, attaches that to a loop device and mounts it.
    ///
    /// - Parameters:
    ///   - snapshot: open for reading; may be immutable.
    ///   - path: the snapshot's path, for messages.
    ///   - uuid: the snapshot's UUID; `mounts` gives it back. At most 56 bytes.
    ///   - pool: a directory on the snapshot's filesystem; nothing gets a name in it.
    ///   - directory: an existing directory to mount it at.
    public func mount(
        snapshot: CInt, path: String, uuid: String, pool: CInt, at directory: String, access: ScratchAccess
    ) throws(CloneError) -> ScratchMount {
        throw .noSuchFile(path: path)
    }

    /// All scratch clones mounted in this mount namespace.
    public func mounts() throws(CloneError) -> [ScratchMount] { [] }

    /// Unmounts a scratch clone; the loop device and the clone vanish with it. Refuses to unmount anything else.
    @discardableResult
    public func unmount(_ directory: String) throws(CloneError) -> ScratchMount {
        throw .noSuchFile(path: directory)
    }
}
