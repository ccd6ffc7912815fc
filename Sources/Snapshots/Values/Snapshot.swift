// A snapshot as the rest of the program sees it: what the catalogue knows, without what can be measured (presence, shared space).

public import CloneCore
public import Policy
public import SystemPackage

/// What the catalogue knows of one snapshot.
public struct Snapshot: Hashable, Sendable {
    /// Its number, never reused.
    public let number: SnapshotNumber
    /// What identifies it.
    public let id: Identifier
    /// The source it was taken of.
    public let sourceID: Identifier
    /// What that source is called now.
    public var sourceName: SourceName
    /// Where the image was when the snapshot was taken.
    public var imagePath: FilePath
    /// The instant of the data. While the snapshot is pending: when it was begun.
    public var takenAt: Instant
    /// What people may change, and the number of the change.
    public var description: SnapshotDescription
    /// Snapshots of one group were taken in one freeze.
    public var group: Identifier?
    /// Who asked for it.
    public var origin: Origin
    /// What is known of the filesystem's state. While the snapshot is pending: what is intended.
    public var consistency: Consistency
    /// How far its row has come.
    public var state: SnapshotState
    /// The scope of its source's policy when it was taken; nil without a policy.
    public var scope: Scope?
    /// Its length.
    public var logicalBytes: Int64
    /// The blocks that were mapped when it was taken.
    public var allocatedBytes: Int64
    /// How long its filesystems were frozen; nil when none was.
    public var frozenMicroseconds: Int64?
    /// How many extents it had when it was taken; nil when they were not counted.
    public var extentCount: Int64?
    /// How its blocks came to be shared.
    public var cloneMethod: CloneMethod
    /// Why it is being removed; nil unless its state is deleting.
    public var removal: Removal?
    /// Where its file lies.
    public var directory: SnapshotDirectory
    /// What its file is called; nil while it is pending.
    public var fileName: SnapshotFileName?
    /// What the image's inode had besides its bytes.
    public var image: ImageAttributes
    /// What was cloned again while frozen, in bytes; nil for a clone that was made in one go.
    public var reclonedBytes: Int64?
    /// How long it was to be frozen, as reckoned before; nil when that was not reckoned.
    public var predictedMicroseconds: Int64?
    /// When its row was made.
    public let createdAt: Instant

    /// What a user calls it.
    public var label: Label? { description.label }
    /// Its tags.
    public var tags: Tags { description.tags }
    /// The hold on it, in force or not; nil when there is none.
    public var hold: Hold? { description.hold }
    /// The number of the last change of label, tags and hold.
    public var revision: Revision { description.revision }

    /// Whether a hold forbids its removal at that instant.
    public func isHeld(at now: Instant) -> Bool { description.isHeld(at: now) }

    /// The path of its file; nil while it is pending.
    public var path: FilePath? { fileName.map { directory.path.appending($0.text) } }
}
