// What a snapshot's file says of itself, so that a lost catalogue can be made anew from the files alone. The rule: what a record says is data.
// No path is ever built from it, and it is believed only in a file that belongs to the user who runs losnap.

public import CloneCore
public import Policy
public import SystemPackage

/// The record in a snapshot file's extended attribute.
public struct SnapshotRecord: Hashable, Sendable {
    /// The form that this program writes, and the newest that it reads.
    public static let format: Int64 = 1

    /// The snapshot's UUID.
    public var id: Identifier
    /// Its source's UUID.
    public var sourceID: Identifier
    /// The UUID of the catalogue that has its row.
    public var catalogueID: Identifier
    /// Its number there.
    public var number: SnapshotNumber
    /// What its source was called when the record was written.
    public var sourceName: SourceName
    /// Where the image was.
    public var imagePath: FilePath
    /// The instant of the data.
    public var takenAt: Instant
    /// Label, tags and hold, with the revision.
    public var description: SnapshotDescription
    /// The group it was taken in.
    public var group: Identifier?
    /// Who asked for it.
    public var origin: Origin
    /// What is known of the filesystem's state.
    public var consistency: Consistency
    /// The scope of its source's policy when it was taken.
    public var scope: Scope?
    /// Its length.
    public var logicalBytes: Int64
    /// The blocks that were mapped; nil when the record was written before they were counted.
    public var allocatedBytes: Int64?
    /// How long its filesystems were frozen; nil when none was.
    public var frozenMicroseconds: Int64?
    /// How many extents it had; nil when they were not counted.
    public var extentCount: Int64?
    /// How its blocks came to be shared.
    public var cloneMethod: CloneMethod
    /// What was cloned again while frozen, in bytes; nil for a clone that was made in one go.
    public var reclonedBytes: Int64?
    /// How long it was to be frozen, as reckoned before; nil when that was not reckoned.
    public var predictedMicroseconds: Int64?
    /// What the image's inode had besides its bytes.
    public var image: ImageAttributes

    /// The record of a snapshot that is not published yet: what is known before and what the window has shown.
    public init(
        _ pending: Snapshot, _ completion: SnapshotCompletion, catalogue: Identifier
    ) {
        self.init(pending, catalogue: catalogue)
        takenAt = completion.takenAt
        consistency = completion.consistency
        logicalBytes = completion.logicalBytes
        allocatedBytes = completion.allocatedBytes
        frozenMicroseconds = completion.frozenMicroseconds
        extentCount = completion.extentCount
        cloneMethod = completion.cloneMethod
        reclonedBytes = completion.reclonedBytes
        predictedMicroseconds = completion.predictedMicroseconds
    }

    /// The record that belongs to a row.
    public init(_ snapshot: Snapshot, catalogue: Identifier) {
        id = snapshot.id
        sourceID = snapshot.sourceID
        catalogueID = catalogue
        number = snapshot.number
        sourceName = snapshot.sourceName
        imagePath = snapshot.imagePath
        takenAt = snapshot.takenAt
        description = snapshot.description
        group = snapshot.group
        origin = snapshot.origin
        consistency = snapshot.consistency
        scope = snapshot.scope
        logicalBytes = snapshot.logicalBytes
        allocatedBytes = snapshot.allocatedBytes
        frozenMicroseconds = snapshot.frozenMicroseconds
        extentCount = snapshot.extentCount
        cloneMethod = snapshot.cloneMethod
        reclonedBytes = snapshot.reclonedBytes
        predictedMicroseconds = snapshot.predictedMicroseconds
        image = snapshot.image
    }

    init(
        id: Identifier, sourceID: Identifier, catalogueID: Identifier, number: SnapshotNumber, sourceName: SourceName, imagePath: FilePath,
        takenAt: Instant, description: SnapshotDescription, group: Identifier?, origin: Origin, consistency: Consistency,
        scope: Scope?, logicalBytes: Int64, allocatedBytes: Int64?, frozenMicroseconds: Int64?, extentCount: Int64?,
        cloneMethod: CloneMethod, reclonedBytes: Int64?, predictedMicroseconds: Int64?, image: ImageAttributes
    ) {
        self.id = id
        self.sourceID = sourceID
        self.catalogueID = catalogueID
        self.number = number
        self.sourceName = sourceName
        self.imagePath = imagePath
        self.takenAt = takenAt
        self.description = description
        self.group = group
        self.origin = origin
        self.consistency = consistency
        self.scope = scope
        self.logicalBytes = logicalBytes
        self.allocatedBytes = allocatedBytes
        self.frozenMicroseconds = frozenMicroseconds
        self.extentCount = extentCount
        self.cloneMethod = cloneMethod
        self.reclonedBytes = reclonedBytes
        self.predictedMicroseconds = predictedMicroseconds
        self.image = image
    }

    /// What a new row of this snapshot begins with, in the directory where its file was found.
    public func draft(in directory: SnapshotDirectory, at now: Instant) -> SnapshotDraft {
        SnapshotDraft(
            id: id, sourceID: sourceID, imagePath: imagePath, directory: directory, begunAt: now, description: description, group: group,
            origin: origin, consistency: consistency, image: image, scope: scope)
    }

    /// What completes its row, for the file in which the record was found.
    ///
    /// - Parameter allocatedBytes: As measured, for a record that does not say.
    public func completion(fileName: SnapshotFileName, allocatedBytes measured: Int64) -> SnapshotCompletion {
        SnapshotCompletion(
            fileName: fileName, takenAt: takenAt, consistency: consistency, logicalBytes: logicalBytes,
            allocatedBytes: allocatedBytes ?? measured, frozenMicroseconds: frozenMicroseconds, extentCount: extentCount,
            cloneMethod: cloneMethod, reclonedBytes: reclonedBytes, predictedMicroseconds: predictedMicroseconds)
    }
}
