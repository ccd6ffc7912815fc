// Rows against files: what a crash, a hand or a lost disk left, as a pure function. The rules (design, "On disk"): a row is struck off only when the pool is
// there and the file is not; a file is removed only when its own record has the row's UUID and this catalogue; what can't be
// believed is reported and left alone.

public import Policy

/// What there is to do about the rows of one snapshot directory and the files in it. Only of a directory that was identified: of another nothing
/// is known, and nothing is done.
///
/// - Parameters:
///   - rows: All rows that lie in the directory, in whatever state.
///   - files: All files in it but the tag file.
///   - catalogue: The UUID of the catalogue that has the rows.
///   - now: For holds that end.
public func reconcile(rows: [Snapshot], files: [FoundFile], catalogue: Identifier, now: Instant) -> [ReconcileStep] {
    var sight = DirectorySight(files, catalogue: catalogue)
    var steps: [ReconcileStep] = []
    for row in rows { steps += sight.judge(row, now: now) }
    return steps + sight.judgeRest()
}

/// The files of a directory, and which of them have found their row.
private struct DirectorySight {
    private typealias Entry = (file: FoundFile, record: SnapshotRecord)

    private let catalogue: Identifier
    private var own: [Identifier: [Entry]] = [:]
    private var foreign: [Identifier: [Entry]] = [:]
    private var doubtful: [(file: FoundFile, fault: RecordFault)] = []

    init(_ files: [FoundFile], catalogue: Identifier) {
        self.catalogue = catalogue
        for file in files.sorted(by: { $0.name < $1.name }) {
            switch file.content {
            case .none(let fault): doubtful.append((file, fault))
            case .whole(let record) where record.catalogueID == catalogue: own[record.id, default: []].append((file, record))
            case .whole(let record): foreign[record.id, default: []].append((file, record))
            }
        }
    }

    mutating func judge(_ row: Snapshot, now: Instant) -> [ReconcileStep] {
        if var entries = own[row.id] {
            let named = entries.firstIndex { $0.file.name == row.fileName }
            // A file with the right record and another name is a copy or was renamed by hand: a removal is not meant for it, and without
            // its row it is an orphan.
            if row.state == .deleting, named == nil { return [.drop(row)] }
            let chosen = named ?? 0
            own[row.id] = nil
            let entry = entries.remove(at: chosen)
            return judge(row, entry, now: now) + entries.map { .duplicate($0.file, $0.record) }
        }
        if let entries = foreign.removeValue(forKey: row.id) { return entries.map { .claimed(row, $0.file) } }
        let place = doubtful.firstIndex { entry in row.fileName.map { $0 == entry.file.name } ?? entry.file.name.mentions(row.id) }
        if let place {
            let entry = doubtful.remove(at: place)
            return [.doubtful(row, entry.file, entry.fault)]
        }
        return [row.state == .complete ? .missing(row) : .drop(row)]
    }

    private func judge(_ row: Snapshot, _ entry: Entry, now: Instant) -> [ReconcileStep] {
        let (file, record) = entry
        let settlement = Settlement.between(row: row.description, record: record.description, now: now)
        switch row.state {
        case .pending:
            guard file.size == record.logicalBytes else { return [.doubtful(row, file, .size(recorded: record.logicalBytes))] }
            return [.complete(row, file, record)]
        case .deleting:
            guard row.isHeld(at: now) || record.description.isHeld(at: now) else { return [.continueRemoval(row, file)] }
            return [.backToComplete(row, file, settlement)]
        case .complete:
            var steps: [ReconcileStep] = []
            if row.fileName != file.name { steps.append(.follow(row, file)) }
            if let settlement { steps.append(.settle(row, file, settlement)) }
            if file.size != row.logicalBytes { steps.append(.changed(row, file)) }
            return steps
        }
    }

    /// What no row has claimed.
    func judgeRest() -> [ReconcileStep] {
        let orphans = own.values.flatMap { entries -> [(SnapshotFileName, ReconcileStep)] in
            // A file with the name that losnap gave it before a copy with another.
            let ordered = entries.filter { $0.file.name.mentions($0.record.id) } + entries.filter { !$0.file.name.mentions($0.record.id) }
            return ordered.enumerated().map { index, entry -> (SnapshotFileName, ReconcileStep) in
                (entry.file.name, index == 0 ? .orphan(entry.file, entry.record) : .duplicate(entry.file, entry.record))
            }
        }
        let strangers = foreign.values.flatMap { $0 }.map { ($0.file.name, ReconcileStep.foreign($0.file)) }
        let unknown = doubtful.map { ($0.file.name, ReconcileStep.unknown($0.file, $0.fault)) }
        return (orphans + strangers + unknown).sorted { $0.0 < $1.0 }.map(\.1)
    }
}
