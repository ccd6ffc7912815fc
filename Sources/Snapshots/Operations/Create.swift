// Taking snapshots. The order is what the promises rest on (Docs/crash-safety.md): rows pending, the clones of one instant, record, mode
// and fsync on the nameless files, the names, fsync of the directories, rows complete, and last the immutable flags. A failure on the
// way takes back what was published; a crash leaves what reconcile mends.

import Policy
import CloneCore
import Glibc
import SystemPackage

/// One source of a request, opened and locked.
struct PreparedSource {
    let source: Source
    let image: ImageFile
    let place: SnapshotPlace
    let attributes: ImageAttributes
    let lock: FileLock
}

/// How far the clock may be behind the newest snapshot: a correction, not a mistake (milliseconds).
let clockTolerance: Int64 = 5 * 60 * 1000

extension Store {
    /// Takes snapshots of one source, or of several at one instant.
    ///
    /// - Throws: whatever keeps a whole and consistent snapshot from being taken; then there is none.
    public func create(_ request: CreateRequest) throws(SnapshotsError) -> CreateReport {
        try checkClock(request)
        var warnings: [StoreWarning] = []
        var prepared: [PreparedSource] = []
        for source in request.sources { prepared.append(try prepare(source, request)) }
        for item in prepared { warnings += try reconcileUnfinished(item.source, in: item.place) }
        let report = try take(prepared, request)
        return CreateReport(snapshots: report.snapshots, warnings: warnings + report.warnings)
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

    private func prepare(_ source: Source, _ request: CreateRequest) throws(SnapshotsError) -> PreparedSource {
        let image = try beneath { () throws(CloneError) in try ImageFile(path: source.imagePath.string, kernel: kernel) }
        let place = try SnapshotPlace.prepare(for: source, catalogue: catalogue.id, kernel: kernel)
        if let pool = source.pool, pool != place.pool { throw .poolChanged(name: source.name, path: place.path) }
        let attributes = try ImageAttributes(of: image.file, kernel: kernel)
        return PreparedSource(
            source: source, image: image, place: place, attributes: attributes, lock: try lock(place, called: source.name))
    }

    /// The same without locks and reconcile: for callers that have done both.
    func take(_ prepared: [PreparedSource], _ request: CreateRequest) throws(SnapshotsError) -> CreateReport {
        let job = try beneath { () throws(CloneError) in
            try CloneJob(
                preparing: prepared.map { CloneTarget(image: $0.image, directory: $0.place.file) },
                options: CloneOptions(
                    consistency: request.consistency, maxFreezeNanoseconds: request.maxFreezeNanoseconds,
                    waitsForLocks: options.waitsForLocks, places: options.places),
                outputs: options.outputs.map { ($0.name, $0.descriptor) }, view: options.view, kernel: kernel)
        }
        let rows = try begin(prepared, request)
        var published: [(place: SnapshotPlace, name: SnapshotFileName)] = []
        do throws(SnapshotsError) {
            let taken = try beneath { () throws(CloneError) in try job.run() }
            var completions: [SnapshotCompletion] = []
            for (index, clone) in taken.enumerated() {
                completions.append(try seal(clone, rows[index], request))
            }
            for (index, clone) in taken.enumerated() {
                let name = completions[index].fileName
                try beneath { () throws(CloneError) in try clone.clone.publish(as: name.text) }
                published.append((prepared[index].place, name))
            }
            for item in prepared { try item.place.synchronize() }
            let snapshots = try complete(rows, completions, prepared)
            var warnings: [StoreWarning] = []
            if request.setsImmutable {
                for (index, clone) in taken.enumerated() {
                    let path = prepared[index].place.path.appending(completions[index].fileName.text).string
                    if try makeImmutable(clone.clone) == false { warnings.append(.notImmutable(path: path)) }
                }
            }
            return CreateReport(
                snapshots: snapshots.map { ListedSnapshot(snapshot: $0, presence: .present, allocatedBytes: $0.allocatedBytes) },
                warnings: warnings)
        } catch {
            takeBack(published, rows, because: error)
            throw error
        }
    }

    /// The rows, all or none.
    private func begin(_ prepared: [PreparedSource], _ request: CreateRequest) throws(SnapshotsError) -> [Snapshot] {
        let group = prepared.count > 1 ? Identifier.random() : nil
        let now = now
        return try catalogue.together { () throws(SnapshotsError) in
            var rows: [Snapshot] = []
            for item in prepared {
                rows.append(
                    try catalogue.begin(
                        SnapshotDraft(
                            id: .random(), sourceID: item.source.id, imagePath: item.source.imagePath, directory: item.place.directory,
                            begunAt: now, description: SnapshotDescription(label: request.label, tags: request.tags, hold: request.hold),
                            group: group, origin: request.origin, consistency: request.consistency,
                            image: item.attributes, scope: item.source.scope)))
            }
            return rows
        }
    }

    /// Makes the nameless file carry everything it will ever need, durably.
    private func seal(_ taken: TakenClone, _ row: Snapshot, _ request: CreateRequest) throws(SnapshotsError) -> SnapshotCompletion {
        let file = taken.clone.file
        let status = try beneath { () throws(CloneError) in try file.status() }
        let takenAt = request.takenAt ?? Instant(clamping: taken.takenAt)
        let completion = SnapshotCompletion(
            fileName: SnapshotFileName(takenAt: takenAt, id: row.id, image: row.imagePath), takenAt: takenAt,
            consistency: taken.consistency,
            logicalBytes: Int64(clamping: status.size), allocatedBytes: Int64(clamping: status.allocatedBytes),
            frozenMicroseconds: taken.frozenNanoseconds.map { Int64(clamping: $0 / 1000) })
        let record = try SnapshotRecord(row, completion, catalogue: catalogue.id).encoded()
        try beneath { () throws(CloneError) in
            // In this order: on a file of mode 0400 a user can't set attributes any more.
            try calling(.setXattr, file.path) { () throws(Errno) in
                try kernel.setXattr(file.descriptor, RecordAttribute.name(user: geteuid()), record)
            }
            try calling(.setMode, file.path) { () throws(Errno) in try kernel.setMode(file.descriptor, 0o400) }
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronize(file.descriptor) }
        }
        return completion
    }

    private func complete(
        _ rows: [Snapshot], _ completions: [SnapshotCompletion], _ prepared: [PreparedSource]
    ) throws(SnapshotsError) -> [Snapshot] {
        try catalogue.together { () throws(SnapshotsError) in
            var snapshots: [Snapshot] = []
            for (index, row) in rows.enumerated() {
                snapshots.append(try catalogue.complete(row.number, completions[index], event: occasion(.created)))
                let source = prepared[index].source
                if source.pool == nil {
                    try catalogue.place(source.id, snapshotDirectory: source.snapshotDirectory, pool: prepared[index].place.pool)
                }
            }
            return snapshots
        }
    }

    /// False: it could not be set, though root should be able to.
    private func makeImmutable(_ clone: NamelessClone) throws(SnapshotsError) -> Bool {
        switch try kernel.makeImmutable(clone.file) {
        case .set: true
        case .notPermitted: geteuid() != 0
        case .notSupported: true
        }
    }

    /// As far as it goes: what can't be taken back is found by reconcile, for the rows still say pending.
    private func takeBack(_ published: [(place: SnapshotPlace, name: SnapshotFileName)], _ rows: [Snapshot], because error: SnapshotsError)
    {
        // Once complete they exist, whatever failed afterwards.
        guard let states = try? rows.map({ try catalogue.snapshot($0.number)?.state }), !states.contains(.complete) else { return }
        var isClean = true
        for (place, name) in published {
            do {
                try kernel.unlink(place.file.descriptor, name.text)
                try place.synchronize()
            } catch {
                isClean = false
            }
        }
        guard isClean else { return }
        try? catalogue.together { () throws(SnapshotsError) in
            for row in rows { try catalogue.drop(row.number, event: occasion(.failed, error.message)) }
        }
    }
}
