// What reconcile found, and what is to be done about it: one value for each finding, in the order in which they are to be done.

/// One finding. Those up to `settle` change something; the others are only reported.
public enum ReconcileStep: Hashable, Sendable {
    /// Pending or deleting, and no file: strike the row off.
    case drop(Snapshot)
    /// Pending, and the file is there and whole: it was durable before it was published, so the row is completed from the record.
    case complete(Snapshot, FoundFile, SnapshotRecord)
    /// Deleting, and the file is still there: go on with the removal.
    case continueRemoval(Snapshot, FoundFile)
    /// Deleting, but held in row or record: complete again, with the settlement if the two differ, and reported.
    case backToComplete(Snapshot, FoundFile, Settlement?)
    /// The file has another plain name than the row says: the row follows.
    case follow(Snapshot, FoundFile)
    /// Row and record differ in what people may change: one or both are written.
    case settle(Snapshot, FoundFile, Settlement)

    /// Complete, and the file is not there though the pool is.
    case missing(Snapshot)
    /// Complete, but the file is not as long as it was: somebody changed it.
    case changed(Snapshot, FoundFile)
    /// What seems to be the row's file by its name can't be believed: nothing is done to either.
    case doubtful(Snapshot, FoundFile, RecordFault)
    /// The row's file names another catalogue: nothing is done to either.
    case claimed(Snapshot, FoundFile)
    /// No row, and the record names this catalogue: `repair` adopts it.
    case orphan(FoundFile, SnapshotRecord)
    /// A further file with the same UUID as a row or an orphan: a copy made by hand.
    case duplicate(FoundFile, SnapshotRecord)
    /// No row, and the record names another catalogue: counted, never touched.
    case foreign(FoundFile)
    /// No row, and nothing that can be believed.
    case unknown(FoundFile, RecordFault)
}

/// What row and record shall both say of a snapshot.
public struct Settlement: Hashable, Sendable {
    /// That.
    public var description: SnapshotDescription
    /// Whether the row has to be written.
    public var writesRow: Bool
    /// Whether the record has to be written; it is, before the row, if that adds a hold.
    public var writesRecord: Bool
}
