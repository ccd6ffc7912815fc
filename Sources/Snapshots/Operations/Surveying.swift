// Comparing rows with files without changing anything, for monitoring. The rules: each directory is read once, and a file is opened only if no row has
// its name; and what looks missing or orphaned is judged by rows that were read after the files, for others may be taking and removing snapshots.

import CloneCore
import Glibc
import Policy
import SystemPackage

extension Store {
    /// What there is of these sources. Needs no lock.
    public func survey(_ sources: [Source]) throws(SnapshotsError) -> Survey {
        let filter = SnapshotFilter(sources: sources.map(\.id))
        let rows = Dictionary(grouping: try catalogue.snapshots(filter), by: \.sourceID)
        var pools = PoolList(kernel: kernel)
        var sights = sources.map { source in
            var sight = SourceSight(source: source, rows: rows[source.id] ?? [])
            look(&sight, &pools)
            return sight
        }
        if sights.contains(where: \.hasDoubts) {
            let fresh = Dictionary(try catalogue.snapshots().map { ($0.id, $0) }) { first, _ in first }
            for index in sights.indices { sights[index].settle(by: fresh, catalogue: catalogue.id) }
        }
        return Survey(sources: sights.map(\.survey), pools: pools.pools)
    }

    private func look(_ sight: inout SourceSight, _ pools: inout PoolList) {
        let source = sight.source
        let byDirectory = Dictionary(grouping: sight.rows, by: \.directory)
        for (directory, rows) in byDirectory.sorted(by: { $0.key.path.string < $1.key.path.string }) {
            switch place(of: directory, source: source.id) {
            case .identified(let place):
                pools.add(place.file, place.pool)
                sight.look(at: rows, in: place)
            case .unavailable(let error): sight.lose(rows, error)
            }
        }
        // Where the next one goes there may be orphans, though no row is left that says so.
        let next = SnapshotPlace.path(of: source)
        if !byDirectory.keys.contains(where: { $0.path == next }), let place = try? SnapshotPlace.open(next, kernel: kernel),
            let mark = try? place.mark(), mark.sourceID == source.id, mark.catalogueID == catalogue.id
        {
            pools.add(place.file, place.pool)
            sight.look(at: [], in: place)
        }
        if byDirectory.isEmpty { pools.add(source.imagePath.removingLastComponent()) }
    }
}

/// What was seen of a source so far.
private struct SourceSight {
    let source: Source
    let rows: [Snapshot]
    /// Complete, and no file has the name.
    var doubtfulRows: [Snapshot] = []
    /// Files whose name no row has.
    var doubtfulFiles: [(directory: SnapshotDirectory, file: FoundFile)] = []
    var survey: SourceSurvey

    var hasDoubts: Bool { !doubtfulRows.isEmpty || !doubtfulFiles.isEmpty }

    init(source: Source, rows: [Snapshot]) {
        self.source = source
        self.rows = rows
        survey = SourceSurvey(source: source)
        for row in rows where row.state == .complete {
            survey.snapshotCount += 1
            survey.newest = max(survey.newest ?? .earliest, row.takenAt)
            if row.origin == .run { survey.newestOfRun = max(survey.newestOfRun ?? .earliest, row.takenAt) }
        }
    }

    mutating func look(at rows: [Snapshot], in place: SnapshotPlace) {
        let names: Set<String>
        do throws(SnapshotsError) {
            names = Set(try place.names())
        } catch {
            return lose(rows, error)
        }
        var known: Set<String> = []
        for row in rows {
            guard let name = row.fileName?.text else { continue }
            known.insert(name)
            if row.state == .complete, !names.contains(name) { doubtfulRows.append(row) }
        }
        for name in names.subtracting(known).sorted() {
            guard let name = SnapshotFileName(name), let file = try? place.find(name) else { continue }
            doubtfulFiles.append((place.directory, file))
        }
    }

    mutating func lose(_ rows: [Snapshot], _ error: SnapshotsError) {
        let lost = rows.filter { $0.state == .complete }
        guard !lost.isEmpty else { return }
        survey.unavailable += lost.map(\.number)
        survey.unavailability = error
    }

    /// Judges what was in doubt by what the catalogue says now.
    mutating func settle(by fresh: [Identifier: Snapshot], catalogue: Identifier) {
        var missing = Dictionary(
            doubtfulRows.filter { row in
                fresh[row.id].map { $0.state == .complete && $0.directory == row.directory && $0.fileName == row.fileName } ?? false
            }.map { ($0.id, $0) }
        ) { first, _ in first }
        var orphans: Set<Identifier> = []
        for (directory, file) in doubtfulFiles {
            // What can't be believed, names another catalogue or source, or is not as long as it says, is no snapshot that could be taken in.
            guard case .whole(let record) = file.content, record.catalogueID == catalogue, record.sourceID == source.id,
                record.logicalBytes == file.size
            else { continue }
            if fresh[record.id] != nil {
                if let row = missing.removeValue(forKey: record.id) { survey.relocated.append(row.number) }
            } else if orphans.insert(record.id).inserted {
                survey.orphans.append(directory.path.appending(file.name.text))
            }
        }
        // In the order of time, as they were read.
        survey.missing = rows.filter { missing[$0.id] != nil }.map(\.number)
        let there = rows.filter { $0.state == .complete && missing[$0.id] == nil }
        survey.newest = there.map(\.takenAt).max()
        survey.newestOfRun = there.filter { $0.origin == .run }.map(\.takenAt).max()
    }
}

/// The pools that were met.
private struct PoolList {
    let kernel: Kernel
    private(set) var pools: [PoolSpace] = []

    init(kernel: Kernel) { self.kernel = kernel }

    /// The pool that a directory is on, if it is there and is one that can be recognised.
    mutating func add(_ directory: FilePath) {
        guard let file = try? openDirectoryMindingLinks(directory.string, kernel: kernel),
            let pool = try? PoolIdentity.of(file.descriptor, path: file.path)
        else { return }
        add(file, pool)
    }

    mutating func add(_ directory: OpenFile, _ pool: PoolIdentity) {
        guard !pools.contains(where: { $0.pool == pool }) else { return }
        var facts = statvfs()
        guard fstatvfs(directory.descriptor, &facts) == 0, facts.f_blocks > 0 else { return }
        let bytes = { (blocks: UInt) in Int64(clamping: UInt64(blocks).multipliedReportingOverflow(by: UInt64(facts.f_frsize)).partialValue)
        }
        // No filesystem should say that more is free than there is; none is to end the check by it.
        let used = facts.f_blocks - min(facts.f_bfree, facts.f_blocks)
        pools.append(
            PoolSpace(
                path: mountPoint(above: FilePath(directory.path)), pool: pool, usedBytes: bytes(used),
                availableBytes: bytes(facts.f_bavail)))
    }

    /// The highest directory on the way up that is on the same filesystem.
    private func mountPoint(above directory: FilePath) -> FilePath {
        func device(_ path: FilePath) -> UInt64? { (try? kernel.statusOf(workingDirectory, path.string))?.identity.device }
        var path = directory
        let own = device(path)
        while path.lastComponent != nil, device(path.removingLastComponent()) == own { path.removeLastComponent() }
        return path
    }
}
