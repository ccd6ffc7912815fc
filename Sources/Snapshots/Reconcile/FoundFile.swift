// A file as it was found in a snapshot directory: what reconcile is told of it, so that it need not look itself.

/// A file in a snapshot directory.
public struct FoundFile: Hashable, Sendable {
    /// Its plain name.
    public var name: SnapshotFileName
    /// Its inode, by which the executor knows it again.
    public var inode: UInt64
    /// Its length in bytes.
    public var size: Int64
    /// What it says of itself.
    public var content: FoundRecord

    /// That file.
    public init(name: SnapshotFileName, inode: UInt64, size: Int64, content: FoundRecord) {
        self.name = name
        self.inode = inode
        self.size = size
        self.content = content
    }
}

/// What a found file says of itself.
public enum FoundRecord: Hashable, Sendable {
    /// This record, whole, in a regular file that belongs to the user who runs losnap.
    case whole(SnapshotRecord)
    /// Nothing that can be believed.
    case none(RecordFault)
}

/// Why what a file says of itself is not believed.
public enum RecordFault: Hashable, Sendable {
    /// Its record can't be read as one.
    case damaged(RecordProblem)
    /// Its record has a newer format, this one.
    case newer(format: Int64)
    /// It belongs to this user.
    case owner(user: UInt32)
    /// It is no regular file.
    case notRegular
    /// The kernel did not let it be read, for this reason.
    case unreadable(String)
    /// It is not as long as its record says.
    case size(recorded: Int64)
}
