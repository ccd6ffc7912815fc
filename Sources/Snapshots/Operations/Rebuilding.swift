// A lost catalogue made anew from the files alone: sources, numbers, holds, labels, tags and groups (promise P5). The rule: only files
// in marked directories, owned by us, with a whole record of that catalogue; a damaged catalogue is put aside, never removed, and a
// good one is not replaced.

import CloneCore
import Glibc
import Policy
public import SystemPackage

/// Makes the catalogue anew from the snapshot directories in or beneath these.
///
/// - Throws: ``SnapshotsError/catalogueInUse(path:)`` if there is a good one, ``SnapshotsError/nothingToRebuild``,
///   ``SnapshotsError/severalCatalogues(ids:)``, ``SnapshotsError/catalogueAppeared(path:)``.
public func rebuildCatalogue(from roots: [FilePath], options: StoreOptions) throws(SnapshotsError) -> RebuildReport {
    // Each directory is open, and locked, to the end.
    try withMostDescriptors { () throws(SnapshotsError) in try rebuild(from: roots, options: options) }
}

private func rebuild(from roots: [FilePath], options: StoreOptions) throws(SnapshotsError) -> RebuildReport {
    let kernel = options.kernel
    let now = Instant(clamping: kernel.realTime())
    var report = RebuildReport(sources: [], snapshotCount: 0, damagedCatalogue: nil, leftAlone: [])
    let places = try markedPlaces(beneath: roots, kernel: kernel, &report)
    let ids = Set(places.map(\.mark.catalogueID))
    guard let id = ids.first else { throw .nothingToRebuild }
    guard ids.count == 1 else { throw .severalCatalogues(ids: ids.sorted()) }

    // Of two at one time the second waits or is told; and nobody changes snapshots while they are read.
    let locks = (try lockRebuild(options), try lockPlaces(places.map(\.place), options))
    defer { withExtendedLifetime(locks) {} }
    try checkIsUnusable(options.catalogue, now: now)
    // Made whole under another name first: until it has its own, the damaged one is where it was.
    let draft = FilePath(options.catalogue.string + ".rebuilding")
    try removeDraft(draft)
    do throws(SnapshotsError) {
        let occasion = Occasion(at: now, kind: .adopted, reason: "rebuilt", command: options.command)
        try fill(draft, id: id, from: places, &report, occasion, options)
        report.damagedCatalogue = try replaceCatalogue(options.catalogue, by: draft, now: now, kernel: kernel)
    } catch {
        try? removeDraft(draft)
        throw error
    }
    CatalogueReserve(besides: options.catalogue).restoreIfPossible()
    return report
}

private func lockRebuild(_ options: StoreOptions) throws(SnapshotsError) -> FileLock {
    let file = try CatalogueFile(path: options.catalogue)
    try file.prepareDirectory(user: geteuid())
    return try beneath { () throws(CloneError) in
        let identity = try openDirectoryMindingLinks(file.directory.string, kernel: options.kernel).status().identity
        return try FileLock.take(
            "rebuild-\(identity.device)-\(identity.inode)", for: "rebuilding \(options.catalogue.string)",
            in: try openPrivateDirectory(options.places.locks, kernel: options.kernel), waiting: options.wait,
            kernel: options.kernel)
    }
}

private func lockPlaces(_ places: [SnapshotPlace], _ options: StoreOptions) throws(SnapshotsError) -> DirectoryLocks {
    try .take(places.map { ($0, $0.path.string) }, waiting: options.wait, options)
}

private func fill(
    _ draft: FilePath, id: Identifier, from places: [(place: SnapshotPlace, mark: DirectoryMark)], _ report: inout RebuildReport,
    _ occasion: Occasion, _ options: StoreOptions
) throws(SnapshotsError) {
    try CatalogueFile(path: draft).create(id: id, at: occasion.at, user: geteuid())
    let catalogue = try Catalogue.open(path: draft, mode: .writing, now: occasion.at)
    try catalogue.together { () throws(SnapshotsError) in
        var rebuild = Rebuild(catalogue: catalogue, occasion: occasion, now: occasion.at)
        var names: [[SnapshotFileName]] = []
        for (place, _) in places { names.append(try place.names().sorted().compactMap { SnapshotFileName($0) }) }
        let total = names.reduce(0) { $0 + $1.count }
        for ((place, mark), names) in zip(places, names) {
            try place.synchronize()
            // Its numbers are read again: the mark was found before the directory was locked.
            try rebuild.read(place, names, try place.mark() ?? mark, &report) { options.tell(.reading, $0, of: total) }
        }
        try rebuild.write(&report)
    }
    // Writes the log into the file, and removes it.
    try catalogue.close()
}

/// The directories with a mark, at most three steps beneath the given ones: a pool's root, `.losnap`, a source's own.
private func markedPlaces(
    beneath roots: [FilePath], kernel: Kernel, _ report: inout RebuildReport
) throws(SnapshotsError) -> [(place: SnapshotPlace, mark: DirectoryMark)] {
    var found: [String: (place: SnapshotPlace, mark: DirectoryMark)] = [:]
    for root in roots {
        var level = [FilePath(try beneath { () throws(CloneError) in try pathMindingLinks(root.string, kernel: kernel) })]
        for depth in 0...3 {
            var next: [FilePath] = []
            for path in level {
                do throws(SnapshotsError) {
                    let place = try SnapshotPlace.open(path, kernel: kernel)
                    if let mark = try place.mark() {
                        found[path.string] = (place, mark)
                        continue
                    }
                } catch .clone(.noSuchFile), .clone(.notADirectory) {
                    continue
                } catch .clone(.inputOutput(let path, let call)) {
                    // What can't be read would be missing from the new catalogue.
                    throw .clone(.inputOutput(path: path, during: call))
                } catch {
                    // A directory on the way may well be somebody else's; what is beneath it is looked at all the same.
                    if depth > 0, path.removingLastComponent().lastComponent?.string == ".losnap" {
                        report.leftAlone.append((path, error.message))
                    }
                }
                next += directories(in: path, depth: depth, kernel: kernel)
            }
            level = next
        }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
}

/// The directories to go down to. From the second step on only those that are named for it: a pool may hold millions of others.
private func directories(in path: FilePath, depth: Int, kernel: Kernel) -> [FilePath] {
    guard let directory = try? openDirectoryWithoutLinks(path.string, kernel: kernel) else { return [] }
    let names = listDirectory(directory, kernel: kernel).sorted()
    let isOurs = path.lastComponent?.string == ".losnap"
    let wanted = isOurs || depth == 0 ? names : names.filter { $0 == ".losnap" }
    return wanted.filter { (try? kernel.statusOf(directory.descriptor, $0).kind) == .directory }
        .compactMap { name in FilePath.Component(name).map { path.appending($0) } }
}

/// The rows to be made, gathered from the files first: a source's name and image are those of its newest snapshot.
private struct Rebuild {
    let catalogue: Catalogue
    let occasion: Occasion
    let now: Instant
    private var found: [(record: SnapshotRecord, file: FoundFile, place: SnapshotPlace)] = []
    private var ids: Set<Identifier> = []
    private var readCount = 0
    /// What the marks remember of snapshots that are gone.
    private var highestNumber: SnapshotNumber?

    init(catalogue: Catalogue, occasion: Occasion, now: Instant) {
        self.catalogue = catalogue
        self.occasion = occasion
        self.now = now
    }

    mutating func read(
        _ place: SnapshotPlace, _ names: [SnapshotFileName], _ mark: DirectoryMark, _ report: inout RebuildReport, tell: (Int) -> Void
    ) throws(SnapshotsError) {
        highestNumber = [highestNumber, mark.highestNumber].compactMap(\.self).max()
        for name in names {
            tell(readCount)
            readCount += 1
            let path = place.path.appending(name.text)
            guard let file = try place.find(name) else { continue }
            switch file.content {
            case .none(let fault): report.leftAlone.append((path, fault.words))
            case .whole(let record):
                if record.catalogueID != mark.catalogueID {
                    report.leftAlone.append((path, "its record names another catalogue"))
                } else if record.sourceID != mark.sourceID {
                    report.leftAlone.append((path, "its record names another source"))
                } else if ids.contains(record.id) {
                    report.leftAlone.append((path, "a copy of snapshot \(record.number)"))
                } else if file.size != record.logicalBytes {
                    report.leftAlone.append((path, RecordFault.size(recorded: record.logicalBytes).words))
                } else {
                    ids.insert(record.id)
                    found.append((record, file, place))
                }
            }
        }
    }

    func write(_ report: inout RebuildReport) throws(SnapshotsError) {
        let bySource = Dictionary(grouping: found, by: \.record.sourceID)
        // The one with the newest snapshot first: of several that had one name or image it is the one in use, the others were removed.
        let newest = bySource.values.compactMap { members in
            members.max { $0.record.isOlder(than: $1.record) }
        }
        var added = occasion
        added.kind = .sourceAdded
        for item in newest.sorted(by: { $1.record.isOlder(than: $0.record) }) {
            report.sources.append(try catalogue.addSource(of: item.record, in: item.place, event: added))
        }
        if let highestNumber { try catalogue.skipNumbers(through: highestNumber) }
        for item in found.sorted(by: { $0.record.number < $1.record.number }) {
            let allocated = (try? item.place.kernel.statusOf(item.place.file.descriptor, item.file.name.text).allocatedBytes) ?? 0
            let row = try catalogue.adopt(
                item.record.draft(in: item.place.directory, at: now),
                item.record.completion(fileName: item.file.name, allocatedBytes: Int64(clamping: allocated)), number: item.record.number,
                event: occasion)
            // Its own record does not tell of a number that it got because another one had it.
            if row.number != item.record.number {
                try item.place.remember(row.number)
                try item.place.synchronize()
            }
            report.snapshotCount += 1
        }
    }
}
