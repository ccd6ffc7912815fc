// A snapshot in the list of the nearest that an error shows: just what tells it from others.

public import Foundation

/// A snapshot that somebody may have meant.
public struct SnapshotCandidate: Hashable, Sendable {
    /// Its number.
    public let number: SnapshotNumber
    /// Its source.
    public let sourceName: SourceName
    /// When it was taken, as lists print it.
    public let takenAt: String
    /// Its label.
    public let label: Label?

    /// That snapshot, its time in the given zone.
    public init(_ snapshot: Snapshot, timeZone: TimeZone) {
        number = snapshot.number
        sourceName = snapshot.sourceName
        takenAt = snapshot.takenAt.local(in: timeZone).text(.seconds)
        label = snapshot.label
    }
}
