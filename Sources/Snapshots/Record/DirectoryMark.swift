// What a snapshot directory says of itself, in an extended attribute of the same name as its snapshots' records. With the filesystem's UUID it
// identifies the pool: nothing is done in a directory that has no mark of this source and catalogue. It also remembers the highest number that was
// given there, which outlives the snapshot that had it: so a catalogue that is made anew does not give it again.

/// The mark on a snapshot directory.
public struct DirectoryMark: Hashable, Sendable {
    /// The UUID of the source whose snapshots lie there.
    public var sourceID: Identifier
    /// The UUID of the catalogue that has their rows.
    public var catalogueID: Identifier
    /// The highest number that a snapshot there ever had; nil in marks that don't say.
    public var highestNumber: SnapshotNumber?

    /// The mark of that source and catalogue.
    public init(sourceID: Identifier, catalogueID: Identifier, highestNumber: SnapshotNumber? = nil) {
        self.sourceID = sourceID
        self.catalogueID = catalogueID
        self.highestNumber = highestNumber
    }

    private struct Payload: Codable {
        var format: Int64
        var source: String
        var catalogue: String
        var highest_number: Int64?
    }

    /// The bytes for the extended attribute.
    public func encoded() throws(SnapshotsError) -> [UInt8] {
        try PayloadCoding.encode(
            Payload(
                format: SnapshotRecord.format, source: sourceID.description, catalogue: catalogueID.description,
                highest_number: highestNumber?.value))
    }

    /// The mark that those bytes are.
    ///
    /// - Throws: ``SnapshotsError/invalidRecord(problem:)``, ``SnapshotsError/newerRecord(format:known:)``
    public init(decoding bytes: [UInt8]) throws(SnapshotsError) {
        let payload = try PayloadCoding.decode(Payload.self, from: bytes)
        let check = FieldCheck()
        sourceID = try check("source", Identifier(parsing: payload.source))
        catalogueID = try check("catalogue", Identifier(parsing: payload.catalogue))
        highestNumber = try check("highest_number", payload.highest_number) { SnapshotNumber($0) }
    }
}
