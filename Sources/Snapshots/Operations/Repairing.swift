// Repair on request: every file of every source is looked at, what can be mended is, orphans are adopted, and the rest is reported. The
// rule: nothing is removed but what a removal had begun with; what can't be believed is left alone. Rows of a directory that is not there
// are struck off only for a source that was named, for a mount may be missing.

import CloneCore
import SystemPackage

extension Store {
    /// Brings rows and files together. Sources are independent: one that fails does not stop the others.
    ///
    /// - Throws: for a directory that was named and tells of no source of this catalogue, before its turn comes.
    public func repair(_ request: RepairRequest) throws(SnapshotsError) -> RepairReport {
        var report = RepairReport(steps: [], failed: [])
        let isForAll = request.sources.isEmpty && request.directories.isEmpty
        var sources = try isForAll ? catalogue.sources(.all) : request.sources
        var marked = try markedDirectories()
        for path in request.directories {
            let (source, directory, step) = try markedSource(of: path, isDryRun: request.isDryRun)
            marked[source.id, default: []].insert(directory)
            if !sources.contains(where: { $0.id == source.id }) { sources.append(source) }
            if let step { report.steps.append(step) }
        }
        for source in sources {
            do throws(SnapshotsError) {
                try repair(source, marked[source.id] ?? [], request, &report.steps)
                report.steps += try repairHidden(of: source, request)
            } catch {
                report.failed.append((source.name, error))
            }
        }
        if isForAll, !request.isDryRun { clearUnusedImageLocks() }
        return report
    }

    /// The locks of images that are no source's, or not any more.
    private func clearUnusedImageLocks() {
        let images = ((try? catalogue.sources()) ?? []).compactMap { options.view.identity($0.imagePath.string) }
        clearImageLocks(in: options.places, except: Set(images), kernel: kernel)
    }

    /// Where snapshots lie, have lain or would go, by the mark that each directory carries: there may be orphans in one of which no row says
    /// anything any more.
    private func markedDirectories() throws(SnapshotsError) -> [Identifier: Set<SnapshotDirectory>] {
        let paths = try catalogue.knownDirectories().map(\.path) + catalogue.sources(.all).map(SnapshotPlace.path)
        var found: [Identifier: Set<SnapshotDirectory>] = [:]
        for path in Set(paths) {
            guard let place = try? SnapshotPlace.open(path, kernel: kernel), let mark = try? place.mark() else { continue }
            found[mark.sourceID, default: []].insert(place.directory)
        }
        return found
    }

    /// What was done before an error is in `steps` all the same.
    private func repair(
        _ source: Source, _ marked: Set<SnapshotDirectory>, _ request: RepairRequest, _ steps: inout [RepairStep]
    ) throws(SnapshotsError) {
        let rows = try catalogue.snapshots(SnapshotFilter(sources: [source.id]))
        let directories = marked.union(rows.map(\.directory))
        let places = directories.sorted { $0.path.string < $1.path.string }.map { ($0, place(of: $0, source: source.id)) }
        // Those that are there first: the files of one that is not there may be found in them.
        for case (_, .identified(let place)) in places {
            let lock = try request.isDryRun ? .none : lock(place, called: source.name)
            defer { withExtendedLifetime(lock) {} }
            try repair(source, place, under: lock, request, &steps)
        }
        let found = Set(steps.filter { $0.kind == .relocated }.compactMap(\.number))
        for (directory, state) in places {
            let members = rows.filter { $0.directory == directory && !found.contains($0.number) }
            switch state {
            case .identified: continue
            case .unavailable(.directoryMissing) where request.forgetsDirectories:
                steps += try forget(members, in: directory, source, request)
            case .unavailable(let error):
                steps += members.map { row in
                    RepairStep(
                        kind: .unavailable, source: source.name, number: row.number, path: row.path, detail: error.message, hint: error.hint
                    )
                }
            }
        }
    }

    private func repair(
        _ source: Source, _ place: SnapshotPlace, under lock: DirectoryLocks, _ request: RepairRequest, _ steps: inout [RepairStep]
    ) throws(SnapshotsError) {
        // Read again, under the lock.
        let rows = try catalogue.snapshots(SnapshotFilter(sources: [source.id])).filter { $0.directory == place.directory }
        var files: [FoundFile] = []
        let names = try place.names().compactMap { SnapshotFileName($0) }
        for (index, name) in names.enumerated() {
            options.tell(.reading, index, of: names.count)
            if let file = try place.find(name) { files.append(file) }
        }
        for step in reconcile(rows: rows, files: files, catalogue: catalogue.id, now: now) {
            switch step {
            case .missing(let row): steps.append(try missing(row, source, request))
            case .orphan(let file, let record): steps.append(try adopt(file, record, source, in: place, request))
            default:
                let plain = RepairStep(step, source, in: place)
                guard plain.kind.changes, !request.isDryRun else {
                    steps.append(plain)
                    continue
                }
                // What a step says is planned; what was done may be more cautious (a group, a hold).
                if try execute(step, in: place, under: lock) != nil {
                    steps.append(plain)
                } else if let row = step.groupMember, try catalogue.snapshot(row.number)?.state == .pending {
                    steps.append(.unfinished(row, source))
                }
            }
        }
    }

    private func missing(_ row: Snapshot, _ source: Source, _ request: RepairRequest) throws(SnapshotsError) -> RepairStep {
        guard request.forgetsMissing, row.state == .complete else { return RepairStep(.missing, source, row, path: row.path) }
        if !request.isDryRun { try catalogue.forget(row.number, event: occasion(.forgotten, "its file is missing")) }
        return RepairStep(.forgotten, source, row, path: row.path)
    }

    /// Strikes off what lay in a directory that is not there, because the user says so.
    private func forget(
        _ rows: [Snapshot], in directory: SnapshotDirectory, _ source: Source, _ request: RepairRequest
    ) throws(SnapshotsError) -> [RepairStep] {
        let complete = rows.filter { $0.state == .complete }
        var unfinished: Set<SnapshotNumber> = []
        if !request.isDryRun {
            try catalogue.together { () throws(SnapshotsError) in
                for row in complete { try catalogue.forget(row.number, event: occasion(.forgotten, "its directory is not there")) }
                for row in rows where row.state == .deleting || (row.state == .pending && row.group == nil) {
                    try catalogue.drop(row.number, event: occasion(.forgotten, "its directory is not there"))
                }
            }
            for row in rows where row.state == .pending {
                if let group = row.group { _ = try settleGroup(group, row, under: .none, withoutFilesIn: directory) }
                if try catalogue.snapshot(row.number)?.state == .pending { unfinished.insert(row.number) }
            }
        }
        return rows.map { row in
            if unfinished.contains(row.number) { return .unfinished(row, source) }
            return RepairStep(.forgotten, source, row, path: row.path ?? directory.path)
        }
    }

    /// Takes in a file that names this catalogue and has no row.
    private func adopt(
        _ file: FoundFile, _ record: SnapshotRecord, _ source: Source, in place: SnapshotPlace, _ request: RepairRequest
    ) throws(SnapshotsError) -> RepairStep {
        let path = place.path.appending(file.name.text)
        guard record.sourceID == source.id else {
            return RepairStep(kind: .unreadable, source: source.name, path: path, detail: "its record names another source")
        }
        guard file.size == record.logicalBytes else {
            let words = RecordFault.size(recorded: record.logicalBytes).words
            return RepairStep(kind: .unreadable, source: source.name, path: path, detail: words)
        }
        if let row = try catalogue.snapshot(id: record.id) { return try follow(row, to: file, source, in: place, request) }
        guard !request.isDryRun else {
            return RepairStep(kind: .adopted, source: source.name, number: record.number, path: path)
        }
        let allocated = (try? kernel.statusOf(place.file.descriptor, file.name.text).allocatedBytes) ?? 0
        let adopted = try catalogue.together { () throws(SnapshotsError) in
            if let highest = try place.mark()?.highestNumber { try catalogue.skipNumbers(through: highest) }
            let adopted = try catalogue.adopt(
                record.draft(in: place.directory, at: now),
                record.completion(fileName: file.name, allocatedBytes: Int64(clamping: allocated)), number: record.number,
                event: occasion(.adopted, path.string))
            // Before the row counts: whoever published the file may have been killed before its name was on disk.
            try place.remember(adopted.number)
            try place.synchronize()
            return adopted
        }
        return RepairStep(kind: .adopted, source: source.name, number: adopted.number, path: path)
    }

    /// A file whose row says another directory. The row follows if the file is not there any more, as when its pool is mounted elsewhere;
    /// while it may be there, on another pool or in plain sight, this one is a copy.
    private func follow(
        _ row: Snapshot, to file: FoundFile, _ source: Source, in place: SnapshotPlace, _ request: RepairRequest
    ) throws(SnapshotsError) -> RepairStep {
        let path = place.path.appending(file.name.text)
        let isElsewhere =
            switch measure(row, in: self.place(of: row.directory, source: source.id)).presence {
            case .present: true
            case .missing: false
            case .unavailable: row.directory.pool != place.directory.pool
            }
        guard row.state == .complete, row.sourceID == source.id, !isElsewhere else {
            return RepairStep(kind: .unreadable, source: source.name, path: path, detail: "a copy of snapshot \(row.number)")
        }
        if !request.isDryRun {
            try place.synchronize()
            try catalogue.relocate(row.number, directory: place.directory, fileName: file.name, event: occasion(.settled, path.string))
        }
        return RepairStep(.relocated, source, row, path: path)
    }
}

extension RepairStep {
    /// A group's member that can't be settled now.
    fileprivate static func unfinished(_ row: Snapshot, _ source: Source) -> RepairStep {
        RepairStep(
            kind: .unfinished, source: source.name, number: row.number, path: row.path,
            detail: "of its group not all directories are there, or another losnap is at work in one",
            hint: "repeat losnap repair when they are, and it is done")
    }

    fileprivate init(_ kind: Kind, _ source: Source, _ row: Snapshot, path: FilePath?, detail: String? = nil) {
        self.init(kind: kind, source: source.name, number: row.number, path: path, detail: detail)
    }

    fileprivate init(_ step: ReconcileStep, _ source: Source, in place: SnapshotPlace) {
        let path = { (file: FoundFile) in place.path.appending(file.name.text) }
        switch step {
        case .drop(let row): self.init(row.state == .deleting ? .removed : .dropped, source, row, path: row.path)
        case .complete(let row, let file, _): self.init(.completed, source, row, path: path(file))
        case .continueRemoval(let row, let file): self.init(.removed, source, row, path: path(file))
        case .backToComplete(let row, let file, _): self.init(.kept, source, row, path: path(file), detail: "it is held")
        case .follow(let row, let file): self.init(.relocated, source, row, path: path(file))
        case .settle(let row, let file, _): self.init(.settled, source, row, path: path(file))
        case .missing(let row): self.init(.missing, source, row, path: row.path)
        case .changed(let row, let file):
            self.init(
                .unreadable, source, row, path: path(file),
                detail: "it has \(file.size) bytes, and had \(row.logicalBytes) when it was taken")
        case .doubtful(let row, let file, let fault): self.init(.unreadable, source, row, path: path(file), detail: fault.words)
        case .claimed(let row, let file): self.init(.foreign, source, row, path: path(file), detail: "it names another catalogue")
        case .orphan(let file, let record): self.init(kind: .adopted, source: source.name, number: record.number, path: path(file))
        case .duplicate(let file, let record):
            self.init(kind: .unreadable, source: source.name, path: path(file), detail: "a copy of snapshot \(record.number)")
        case .foreign(let file): self.init(kind: .foreign, source: source.name, path: path(file))
        case .unknown(let file, let fault): self.init(kind: .unreadable, source: source.name, path: path(file), detail: fault.words)
        }
    }
}

extension ReconcileStep {
    /// The row, if it can be settled only together with its group.
    fileprivate var groupMember: Snapshot? {
        switch self {
        case .drop(let row), .complete(let row, _, _): row.state == .pending && row.group != nil ? row : nil
        default: nil
        }
    }
}

extension RepairStep.Kind {
    /// Whether it is something that repair does, not only reports.
    public var changes: Bool {
        switch self {
        case .completed, .dropped, .removed, .kept, .settled, .adopted, .forgotten, .relocated, .cloneRemoved: true
        case .unfinished, .missing, .foreign, .unreadable, .unavailable, .restoreLeft: false
        }
    }
}

extension RecordFault {
    var words: String {
        switch self {
        case .damaged(let problem): "its record can't be used: \(problem.words)"
        case .newer(let format): "its record has the newer format \(format)"
        case .owner(let user): "it belongs to user \(user)"
        case .notRegular: "it is no regular file"
        case .unreadable(let why): why
        case .size(let recorded): "its length is not the \(recorded) bytes of its record"
        }
    }
}
