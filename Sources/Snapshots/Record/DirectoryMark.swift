// What a snapshot directory says of itself, in an extended attribute of the same name as its snapshots' records. With the filesystem's UUID it
// identifies the pool: nothing is done in a directory that has no mark of this source and catalogue.

/// The mark on a snapshot directory.
public struct DirectoryMark: Hashable, Sendable {
    /// The UUID of the source whose snapshots lie there.
    public var sourceID: Identifier
    /// The UUID of the catalogue that has their rows.
    public var catalogueID: Identifier

    /// The mark of that source and catalogue.
    public init(sourceID: Identifier, catalogueID: Identifier) {
        self.sourceID = sourceID
        self.catalogueID = catalogueID
    }

    private struct Payload: Codable {
        var format: Int64
        var source: String
        var catalogue: String
    }

    /// The bytes for the extended attribute.
    public func encoded() throws(SnapshotsError) -> [UInt8] {
        try PayloadCoding.encode(
            Payload(format: SnapshotRecord.format, source: sourceID.description, catalogue: catalogueID.description))
    }

    /// The mark that those bytes are.
    ///
    /// - Throws: ``SnapshotsError/invalidRecord(problem:)``, ``SnapshotsError/newerRecord(format:known:)``
    public init(decoding bytes: [UInt8]) throws(SnapshotsError) {
        let payload = try PayloadCoding.decode(Payload.self, from: bytes)
        let check = FieldCheck()
        sourceID = try check("source", Identifier(parsing: payload.source))
        catalogueID = try check("catalogue", Identifier(parsing: payload.catalogue))
    }
}
