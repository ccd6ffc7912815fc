// Everything that can go wrong in this module, as one closed set. The texts are made in `SnapshotsError+Message.swift` and its neighbours;
// to add a case, add it here and let the compiler lead to each of them.

public import Policy
public import CloneCore
public import SystemPackage

/// Why an operation on snapshots or their catalogue failed.
public enum SnapshotsError: ExplainedError {
    // MARK: Values

    /// A text is no name for a source.
    case invalidSourceName(text: String, problem: TextProblem)
    /// A text is no label.
    case invalidLabel(text: String, problem: TextProblem)
    /// A text is no tag.
    case invalidTag(text: String, problem: TextProblem)
    /// There would be more tags on one snapshot than there may be.
    case tooManyTags(count: Int, limit: Int)
    /// A text is no reason for a hold.
    case invalidHoldReason(text: String, problem: TextProblem)
    /// A text is no point in time.
    case invalidTime(text: String, problem: TimeProblem)
    /// A path can't be recorded.
    case invalidPath(path: FilePath, problem: PathProblem)

    // MARK: Naming

    /// No source has that name or image.
    case unknownSource(reference: String, nearest: [String])
    /// Several sources have that name: those that were removed and kept listed.
    case ambiguousSource(reference: String, candidates: [Identifier])
    /// The name belongs to a source already.
    case sourceNameTaken(name: SourceName, image: FilePath)
    /// An image that is new seems to be the one of a source whose own is not there any more.
    case imageMoved(name: SourceName, from: FilePath, to: FilePath)
    /// The image belongs to a source already.
    case imageTaken(path: FilePath, name: SourceName)
    /// A source can't be removed while it has snapshots.
    case sourceHasSnapshots(name: SourceName, count: Int)
    /// A text is no reference to a snapshot.
    case invalidReference(text: String, problem: ReferenceProblem)
    /// Nothing matches a reference.
    case unknownSnapshot(reference: String, nearest: [SnapshotCandidate])

    // MARK: Rows

    /// A snapshot is in a state in which this can't be done to it.
    case wrongState(number: SnapshotNumber, state: SnapshotState)
    /// Somebody else changed the record in the meantime.
    case recordChanged(number: SnapshotNumber)
    /// The catalogue knows a snapshot of that UUID already.
    case snapshotTaken(id: Identifier, number: SnapshotNumber?)
    /// The numbers are used up.
    case numbersExhausted

    // MARK: Records

    /// A record can't be read.
    case invalidRecord(problem: RecordProblem)
    /// A record was written by a newer losnap.
    case newerRecord(format: Int64, known: Int64)
    /// A record would be larger than it may be.
    case recordTooLarge(bytes: Int, limit: Int)

    // MARK: The catalogue

    /// There is no catalogue at that path.
    case catalogueMissing(path: FilePath)
    /// There is no catalogue at that path, though there was one: its reserve is there.
    case catalogueLost(path: FilePath)
    /// The file is no catalogue: no SQLite database, or one of another program.
    case notACatalogue(path: FilePath, problem: CatalogueProblem)
    /// The catalogue is damaged.
    case catalogueCorrupt(path: FilePath, detail: String)
    /// The catalogue was made by a newer losnap.
    case catalogueNewer(path: FilePath, version: Int64, known: Int64)
    /// Another process holds the catalogue.
    case catalogueLocked(path: FilePath)
    /// The catalogue, or a directory above it, belongs to somebody else or can be changed by others.
    case catalogueExposed(path: FilePath, problem: OwnershipProblem)
    /// The disk with the catalogue is full.
    case catalogueFull(path: FilePath)
    /// The catalogue can't be written.
    case catalogueNotWritable(path: FilePath, problem: WriteProblem)
    /// The disk or filesystem failed under the catalogue.
    case catalogueInputOutput(path: FilePath, detail: String)
    /// SQLite failed in a way that has no case of its own.
    case catalogueFailed(path: FilePath, detail: String)

    // MARK: Places

    /// A directory belongs to somebody else, or others could change what lies in it. With the source whose snapshots were to go there, if it was for one.
    case directoryExposed(path: FilePath, exposure: Exposure, source: ExposedSource? = nil)
    /// The filesystem at that path is not the pool that the catalogue remembers.
    case poolNotIdentified(path: FilePath)
    /// A directory in which snapshots of that source should lie is not there, though its pool seems to be.
    case directoryMissing(path: FilePath, source: SourceName)
    /// The directory does not carry the mark of this source and catalogue.
    case directoryNotMarked(path: FilePath)
    /// The directory carries the mark of another catalogue.
    case directoryOfAnotherCatalogue(path: FilePath)
    /// The directory carries the mark of another source.
    case directoryOfAnotherSource(path: FilePath)
    /// The directory carries the mark of a source that this catalogue does not know, and is not empty.
    case directoryOfUnknownSource(path: FilePath)
    /// The directory carries the mark of a source that this catalogue does not know, and no file in it tells of it.
    case sourceNotRecorded(path: FilePath)
    /// A source's image is on another pool than before.
    case poolChanged(name: SourceName, path: FilePath)
    /// A file is not what its row says.
    case notTheSnapshot(path: FilePath, id: Identifier)
    /// A snapshot's file is not there.
    case fileMissing(number: SnapshotNumber, path: FilePath)
    /// A snapshot's pool is not there.
    case unavailable(number: SnapshotNumber, path: FilePath)

    // MARK: Operations

    /// A time lies in the future.
    case timeInFuture(Instant)
    /// The clock is behind the newest snapshot.
    case clockBehind(now: Instant, newest: Instant, number: SnapshotNumber)
    /// A held snapshot can't be removed.
    case held(number: SnapshotNumber, reason: String?)
    /// A snapshot is on hold for longer than a new hold would last.
    case holdWouldShorten(number: SnapshotNumber, from: Hold, to: Hold)
    /// There are no rules.
    case noRules(name: SourceName)
    /// The rules keep nothing but the newest, though more than one would go.
    case rulesMatchNothing(name: SourceName, removals: Int)
    /// An image can't be replaced while it is in use.
    case imageInUse(path: FilePath, by: String)
    /// An image has further names, which would go on showing the old one.
    case imageHasLinks(path: FilePath, count: UInt32)
    /// Where somebody else could have exchanged it, the image belongs to a user whom none of its snapshots knows as its owner.
    case imageOwnerChanged(name: SourceName, path: FilePath, user: UInt32, before: UInt32)
    /// An image may not be replaced.
    case imageProtected(path: FilePath)
    /// An image can't be restored to another filesystem than its snapshot's, neither in place nor as a new file.
    case restoreElsewhere(snapshot: FilePath, target: FilePath, replaces: Bool)
    /// There is a file already.
    case fileExists(path: FilePath)
    /// The image changed hands while it was being replaced.
    case imageChanged(path: FilePath)
    /// A restore was cut off after the names had been exchanged, and they could not be put back; nothing was removed.
    case restoreUnfinished(path: FilePath, is: RestoredFile, hidden: FilePath, isThere: RestoredFile, problem: String)
    /// A source's name can't be made from its image's.
    case noNameFromImage(path: FilePath, problem: String)

    /// A good catalogue is not rebuilt.
    case catalogueInUse(path: FilePath)
    /// Another process made a catalogue while one was rebuilt.
    case catalogueAppeared(path: FilePath)
    /// No marked snapshot directory was found.
    case nothingToRebuild
    /// The directories belong to several catalogues.
    case severalCatalogues(ids: [Identifier])

    // MARK: Beneath

    /// The clone core failed.
    case clone(CloneError)
}
