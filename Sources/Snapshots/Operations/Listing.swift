// Lists, which may have a hundred thousand snapshots. The rule: they come portion by portion while the catalogue is read, in one state of it, and
// of every file it is said whether it is there; only who wants them in another order than that of time has to keep all of them.

import CloneCore
import Policy

extension Store {
    /// The snapshots that the filter leaves, oldest first.
    ///
    /// - Parameter measures: whether their files are looked for. If not, presence and allocated bytes of the answer mean nothing.
    public func list(
        _ filter: SnapshotFilter = SnapshotFilter(), measures: Bool = true
    ) throws(SnapshotsError) -> [ListedSnapshot] {
        var listed: [ListedSnapshot] = []
        try catalogue.forEachSnapshot(filter) { listed.append(ListedSnapshot(unmeasured: $0)) }
        if filter.newest != nil { listed.reverse() }
        if measures { measure(&listed) }
        return listed
    }

    /// The same, a portion at a time. Nothing is given before the first portion has been read.
    ///
    /// - Throws: ``SnapshotsError``, and what `take` throws, which ends the reading.
    public func list(_ filter: SnapshotFilter, measures: Bool, _ take: ([ListedSnapshot]) throws -> Void) throws {
        // Directories stay open from portion to portion, as long as there are not too many; those of a row are all over them.
        let isStreamed = try filter.newest == nil && (!measures || catalogue.knownDirectories().count <= Self.mostOpenPlaces)
        guard isStreamed else { return try take(list(filter, measures: measures)) }
        var places = OpenPlaces()
        var portion: [ListedSnapshot] = []
        portion.reserveCapacity(Self.portion)
        func give() throws {
            if measures { measure(&portion) { places.find($0, source: $1, in: self) } }
            try take(portion)
            portion.removeAll(keepingCapacity: true)
        }
        // The catalogue would take what is not its own for a failure of its own.
        var failure: (any Error)?
        do throws(SnapshotsError) {
            try catalogue.forEachSnapshot(filter) { snapshot in
                portion.append(ListedSnapshot(unmeasured: snapshot))
                guard portion.count == Self.portion else { return }
                do {
                    try give()
                } catch {
                    failure = error
                    throw error
                }
            }
        } catch {
            throw failure ?? error
        }
        if !portion.isEmpty { try give() }
    }

    /// Few enough to stay in the processor's cache, and so many that asking for them costs nothing.
    private static var portion: Int { 1024 }

    /// A process may have 1024 descriptors unless it was allowed more.
    private static var mostOpenPlaces: Int { 256 }
}

/// Directories that stay open while a list is read.
private struct OpenPlaces {
    private var known: [Identifier: [(directory: SnapshotDirectory, state: PlaceState)]] = [:]

    mutating func find(_ directory: SnapshotDirectory, source: Identifier, in store: Store) -> PlaceState {
        if let found = known[source]?.first(where: { $0.directory == directory }) { return found.state }
        let state = store.place(of: directory, source: source)
        known[source, default: []].append((directory, state))
        return state
    }
}
