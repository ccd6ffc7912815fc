// From a reference to the snapshot, as a pure function of the snapshots that there are. The rule: only complete snapshots can be meant, of equal
// times the higher number is the newer, and who is not understood is shown the nearest. What is counted (latest, oldest, an age) is what somebody
// wanted to have: safety snapshots are found by number, time or label only.

import CloneCore
public import Policy
public import Foundation

/// Finds what references mean.
public struct SnapshotResolver: Sendable {
    /// The time zone of the list that was read when the reference was typed.
    public var timeZone: TimeZone
    /// The instant that lies the given age before now. It throws ``SnapshotsError/invalidReference(text:problem:)`` for an age that is none.
    public var before: @Sendable (String) throws(SnapshotsError) -> Instant

    /// A resolver for lists in that zone.
    public init(timeZone: TimeZone, before: @escaping @Sendable (String) throws(SnapshotsError) -> Instant) {
        self.timeZone = timeZone
        self.before = before
    }

    /// The snapshot that is meant.
    ///
    /// - Parameters:
    ///   - reference: What was typed.
    ///   - snapshots: All of the reference's source, or all there are for a number alone, in any order and state.
    /// - Throws: ``SnapshotsError/unknownSnapshot(reference:nearest:)``, ``SnapshotsError/invalidReference(text:problem:)``
    public func resolve(_ reference: SnapshotReference, among snapshots: [Snapshot]) throws(SnapshotsError) -> Snapshot {
        let newestFirst = snapshots.filter { $0.state == .complete }
            .sorted { ($0.takenAt, $0.number) > ($1.takenAt, $1.number) }
        let ordinary = newestFirst.filter { $0.origin != .safety }
        let counted = ordinary.isEmpty ? newestFirst : ordinary
        var found: Snapshot?
        var nearest: [Snapshot] = []
        switch reference.selector {
        case .number(let number):
            found = newestFirst.first { $0.number == number }
            nearest = Self.nearest(newestFirst) { Double(abs($0.number.value - number.value)) }
        case .latest(let back):
            if back < counted.count { found = counted[back] }
            nearest = counted.suffix(1)
        case .oldest:
            found = counted.last
        case .time(let prefix):
            let zone = prefix.isUTC ? TimeZone.gmt : timeZone
            found = newestFirst.first { $0.takenAt.local(in: zone).starts(with: prefix.bytes) }
            if found == nil { nearest = Self.nearest(newestFirst) { $0.takenAt.local(in: zone).distance(to: prefix.bytes) } }
        case .age(let age):
            let instant = try before(age)
            found = counted.first { $0.takenAt <= instant }
            nearest = counted.suffix(1)
        case .label(let label):
            found = newestFirst.first { $0.label == label }
            if found == nil { nearest = Self.nearest(newestFirst, to: label) }
        }
        guard let found else {
            throw .unknownSnapshot(reference: reference.text, nearest: nearest.map { SnapshotCandidate($0, timeZone: timeZone) })
        }
        return found
    }

    /// The three that are nearest by that measure, nearest first.
    private static func nearest(_ snapshots: [Snapshot], by distance: (Snapshot) -> Double) -> [Snapshot] {
        let measured = snapshots.map { (snapshot: $0, distance: distance($0)) }
        return measured.sorted { ($0.distance, $1.snapshot.number) < ($1.distance, $0.snapshot.number) }.prefix(3).map(\.snapshot)
    }

    /// The newest with each of the labels that are nearest in spelling; else the newest that have labels.
    private static func nearest(_ newestFirst: [Snapshot], to label: Label) -> [Snapshot] {
        var newest: [String: Snapshot] = [:]
        for snapshot in newestFirst {
            if let text = snapshot.label?.text, newest[text] == nil { newest[text] = snapshot }
        }
        let near = nearestNames(to: label.text, among: Array(newest.keys)).compactMap { newest[$0] }
        return near.isEmpty ? Array(newestFirst.filter { $0.label != nil }.prefix(3)) : near
    }
}
