// Taking snapshots. The order is what the promises rest on (Docs/crash-safety.md): rows pending, the clones of one instant, record, mode
// and fsync on the nameless files, the names, fsync of the directories, rows complete, and last the immutable flags. A failure on the
// way takes back what was published (`TakingBack.swift`); a crash leaves what reconcile mends.

import Policy
import CloneCore
import Glibc
import SystemPackage

extension Store {
    /// Takes snapshots of one source, or of several at one instant; none if that is wanted only when something has changed, and nothing has.
    ///
    /// - Throws: whatever keeps a whole and consistent snapshot from being taken; then there is none.
    public func create(_ request: CreateRequest) throws(SnapshotsError) -> CreateReport {
        var request = request
        // By its image, for one that is new has no identity yet but in this request: a path and a mount point may mean the same.
        var seen: Set<FilePath> = []
        request.sources.removeAll { !seen.insert($0.imagePath).inserted }
        if request.takenAt != nil, request.origin == .manual { request.origin = .import }
        request.sources = try directedSources(of: request)
        try checkClock(request)
        let (prepared, locks) = try prepare(request.sources)
        // To the very end: nobody may touch what is not finished.
        defer { withExtendedLifetime(locks) {} }
        do throws(SnapshotsError) {
            var warnings: [StoreWarning] = []
            for item in prepared { warnings += try reconcileUnfinished(of: item.source.id, in: item.place, under: locks) }
            let report = try take(prepared, request)
            if report.snapshots.isEmpty { removeNewDirectories(of: prepared, areLocked: true) }
            return CreateReport(
                snapshots: report.snapshots, makings: report.makings, unchanged: report.unchanged, warnings: warnings + report.warnings)
        } catch {
            removeNewDirectories(of: prepared, areLocked: true)
            throw error
        }
    }

    /// Throws what can be seen to be in the way of `create`, and waits as it would, but changes nothing; what stops a service for the time of
    /// a snapshot asks this first. Nothing is promised: it may be different a moment later.
    public func checkCreate(_ request: CreateRequest) throws(SnapshotsError) {
        try checkClock(request)
        try checkPrepare(try directedSources(of: request))
    }

    /// The sources, those whose snapshots are to go elsewhere with that directory.
    private func directedSources(of request: CreateRequest) throws(SnapshotsError) -> [Source] {
        var sources = request.sources
        for (index, source) in sources.enumerated() {
            guard let directory = request.exceptions[source.id]?.directory else { continue }
            sources[index] = try directed(source, to: directory)
        }
        return sources
    }

    private func checkClock(_ request: CreateRequest) throws(SnapshotsError) {
        let now = now
        if let takenAt = request.takenAt {
            guard takenAt <= now else { throw .timeInFuture(takenAt) }
            return
        }
        for source in request.sources {
            guard let newest = try catalogue.newest(of: source.id) else { continue }
            if newest.takenAt > now.advanced(byMilliseconds: clockTolerance) {
                throw .clockBehind(now: now, newest: newest.takenAt, number: newest.number)
            }
        }
    }

    /// The same without locks and reconcile: for callers that have done both.
    func take(_ prepared: [PreparedSource], _ request: CreateRequest) throws(SnapshotsError) -> CreateReport {
        var cloning = CloneOptions(
            consistency: request.consistency, maxFreezeNanoseconds: request.maxFreezeNanoseconds,
            maxPrepareNanoseconds: request.maxPrepareNanoseconds, wait: options.wait, places: options.places)
        cloning.thawed = { [options, catalogue, event = occasion(.thawed)] found in
            options.thawed?(found)
            guard case .thawed(let mountPoint) = found else { return }
            var event = event
            event.reason = mountPoint
            try? catalogue.append(Event(event))  // it is thawed, whether the log has it or not
        }
        if let watcher = options.progress {
            cloning.progress = { watcher(WorkProgress(.cloning, done: Int64(clamping: $0), total: Int64(clamping: $1))) }
        }
        let job = try beneath { () throws(CloneError) in
            try CloneJob(
                preparing: prepared.map {
                    CloneTarget(
                        image: $0.image, directory: $0.place.file, consistency: request.consistency(of: $0.source),
                        way: request.exceptions[$0.source.id]?.way)
                },
                options: cloning,
                outputs: options.outputs.map { ($0.name, $0.descriptor) }, view: options.view, kernel: kernel)
        }
        defer { withExtendedLifetime(job) {} }
        if let limit = request.ifChanged, let unchanged = try findUnchanged(prepared, limit: limit, job) {
            try log(unchanged, for: request.origin)
            return CreateReport(snapshots: [], unchanged: unchanged, warnings: [])
        }
        let (rows, newSources) = try begin(prepared, request)
        var named: [NamedClone] = []
        let snapshots: [Snapshot]
        var makings: [CloneMaking] = []
        do throws(SnapshotsError) {
            let taken = try beneath { () throws(CloneError) in try job.run() }
            makings = taken.map(\.making)
            var completions: [SnapshotCompletion] = []
            for (index, clone) in taken.enumerated() {
                completions.append(try seal(clone, rows[index], request))
            }
            for (index, item) in prepared.enumerated() { try item.place.remember(rows[index].number) }
            for (index, clone) in taken.enumerated() {
                let name = completions[index].fileName
                // Before the call: one that failed may have worked.
                named.append(NamedClone(clone: clone.clone, place: prepared[index].place, name: name))
                try beneath { () throws(CloneError) in try clone.clone.publish(as: name.text) }
            }
            for item in prepared { try item.place.synchronize() }
            snapshots = try complete(rows, completions, prepared, request)
        } catch {
            takeBack(named, rows, newSources, because: error)
            throw error
        }
        // They exist: from here on nothing may fail.
        return CreateReport(
            snapshots: snapshots.map { ListedSnapshot(snapshot: $0, presence: .present, allocatedBytes: $0.allocatedBytes) },
            makings: makings,
            warnings: makeImmutable(zip(named, prepared).filter { request.setsImmutable(of: $1.source) }.map(\.0)))
    }

    /// The rows, all or none; with those of sources that are not registered yet.
    private func begin(
        _ prepared: [PreparedSource], _ request: CreateRequest
    ) throws(SnapshotsError) -> (rows: [Snapshot], newSources: [Source]) {
        let group = prepared.count > 1 ? Identifier.random() : nil
        let now = now
        return try catalogue.together { () throws(SnapshotsError) in
            var rows: [Snapshot] = []
            var newSources: [Source] = []
            // More than the catalogue knows of if that is an older copy of itself.
            for item in prepared {
                if let highest = try item.place.mark()?.highestNumber { try catalogue.skipNumbers(through: highest) }
            }
            for item in prepared {
                if let known = try catalogue.source(id: item.source.id) {
                    if known.policy != item.source.policy || known.scope != item.source.scope {
                        try catalogue.assign(known.id, policy: item.source.policy, scope: item.source.scope)
                    }
                } else {
                    try catalogue.add(item.source, event: occasion(.sourceAdded, item.source.imagePath.string))
                    newSources.append(item.source)
                }
                let row = try catalogue.begin(
                    SnapshotDraft(
                        id: .random(), sourceID: item.source.id, imagePath: item.source.imagePath, directory: item.place.directory,
                        begunAt: now, description: SnapshotDescription(label: request.label, tags: request.tags, hold: request.hold),
                        group: group, origin: request.origin, consistency: request.consistency(of: item.source),
                        image: item.attributes, scope: item.source.scope))
                // One that is too large is refused here, before anything is frozen for it.
                _ = try SnapshotRecord(row, catalogue: catalogue.id).encoded()
                rows.append(row)
            }
            return (rows, newSources)
        }
    }

    /// Makes the nameless file carry everything it will ever need, durably.
    private func seal(_ taken: TakenClone, _ row: Snapshot, _ request: CreateRequest) throws(SnapshotsError) -> SnapshotCompletion {
        let file = taken.clone.file
        let status = try beneath { () throws(CloneError) in try file.status() }
        let takenAt = request.takenAt ?? Instant(clamping: taken.takenAt)
        var completion = SnapshotCompletion(
            fileName: SnapshotFileName(takenAt: takenAt, id: row.id, image: row.imagePath), takenAt: takenAt,
            // Of a clone made by hand nobody knows how it was made.
            consistency: request.origin == .adopted ? .crash : taken.consistency,
            logicalBytes: Int64(clamping: status.size), allocatedBytes: Int64(clamping: status.allocatedBytes),
            frozenMicroseconds: taken.frozenNanoseconds.map { Int64(clamping: $0 / 1000) },
            extentCount: taken.making.extents.map { Int64($0) }, cloneMethod: CloneMethod(taken.making.way),
            reclonedBytes: taken.making.reclonedBytes.map { Int64(clamping: $0) },
            predictedMicroseconds: taken.making.predictedNanoseconds.map { Int64(clamping: $0 / 1000) })
        try write(row, completion, to: file)
        // On XFS a record that does not fit into the inode takes blocks of its own, which `list` will count.
        let allocated = Int64(clamping: try beneath { () throws(CloneError) in try file.status() }.allocatedBytes)
        if completion.allocatedBytes != allocated {
            completion.allocatedBytes = allocated
            try write(row, completion, to: file)
        }
        try beneath { () throws(CloneError) in
            // After the record: on a file of mode 0400 a user can't set attributes any more.
            try calling(.setMode, file.path) { () throws(Errno) in try kernel.setMode(file.descriptor, 0o400) }
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        }
        return completion
    }

    /// A clone that was made by hand is taken in, not made: the log names its file.
    private func made(_ item: PreparedSource, _ row: Snapshot) -> Occasion {
        row.origin == .adopted ? occasion(.adopted, item.image.path) : occasion(.created)
    }

    private func write(_ row: Snapshot, _ completion: SnapshotCompletion, to file: OpenFile) throws(SnapshotsError) {
        let record = try SnapshotRecord(row, completion, catalogue: catalogue.id).encoded()
        try beneath { () throws(CloneError) in
            try calling(.setXattr, file.path) { () throws(Errno) in
                try kernel.setXattr(file.descriptor, RecordAttribute.name(user: geteuid()), record)
            }
        }
    }

    private func complete(
        _ rows: [Snapshot], _ completions: [SnapshotCompletion], _ prepared: [PreparedSource], _ request: CreateRequest
    ) throws(SnapshotsError) -> [Snapshot] {
        try catalogue.together { () throws(SnapshotsError) in
            var snapshots: [Snapshot] = []
            for (index, row) in rows.enumerated() {
                let source = prepared[index].source
                // Only what the request directed: another process may have moved it meanwhile.
                let former = try catalogue.source(id: source.id)?.snapshotDirectory
                let isMoved = request.exceptions[source.id]?.directory != nil && former != source.snapshotDirectory
                if source.pool == nil || isMoved {
                    try catalogue.place(
                        source.id, snapshotDirectory: source.snapshotDirectory, pool: prepared[index].place.pool,
                        event: isMoved ? occasion(.sourceMoved, SnapshotPlace.path(of: source).string) : nil)
                }
                snapshots.append(try catalogue.complete(row.number, completions[index], event: made(prepared[index], row)))
            }
            return snapshots
        }
    }
}
