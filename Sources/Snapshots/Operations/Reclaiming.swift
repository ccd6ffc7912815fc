// What a prune would give back, measured from the extent maps. The rule: nil rather than a guess: one file that can't be read and the sum
// means nothing. Nothing is read when nothing is to be removed.

import CloneCore
import SystemPackage

extension Store {
    /// The bytes that carrying out the plan frees for certain.
    func reclaimableBytes(_ plan: PrunePlan) -> Int64? {
        guard !plan.removed.isEmpty else { return 0 }
        guard let buffer = ExtentBuffer(room: ExtentMap.batch, isTouched: false) else { return nil }
        // Physical addresses mean something within one pool only.
        var sweeps: [PoolIdentity: ReclaimSweep] = [:]
        var maps: [(listed: ListedSnapshot, fate: ReclaimSweep.Fate)] = plan.removed.map { ($0, .removed) }
        maps += (plan.kept.map(\.snapshot) + plan.outOfScope).map { ($0, .kept) }
        var places: [SnapshotDirectory: SnapshotPlace] = [:]
        do throws(SnapshotsError) {
            for (index, (listed, fate)) in maps.enumerated() where listed.presence == .present {
                options.tell(.measuring, index, of: maps.count)
                let directory = listed.snapshot.directory
                let place: SnapshotPlace
                if let known = places[directory] { place = known } else { place = try presentPlace(of: listed.snapshot) }
                places[directory] = place
                sweeps[directory.pool, default: ReclaimSweep()].add(try map(of: listed.snapshot, in: place, buffer), fate)
            }
            if let (pool, map) = try map(ofImageOf: plan.source) { sweeps[pool]?.add(map, .kept) }
        } catch {
            return nil
        }
        return sweeps.values.reduce(0) { $0 + Int64(clamping: $1.result().bytes) }
    }

    private func map(of snapshot: Snapshot, in place: SnapshotPlace, _ buffer: ExtentBuffer) throws(SnapshotsError) -> ExtentMap {
        let file = try place.openForLooking(snapshot)
        return try beneath { () throws(CloneError) in try ExtentMap.read(file.descriptor, path: file.path, with: buffer) }
    }

    /// Nil: there is no image that is the source's, so it shares nothing.
    private func map(ofImageOf source: Source) throws(SnapshotsError) -> (PoolIdentity, ExtentMap)? {
        let image: ImageFile
        do throws(SnapshotsError) {
            image = try openImage(of: source)
        } catch .clone(.noSuchFile), .clone(.notAnImage), .clone(.emptyImage), .clone(.linkOfAnother), .imageOwnerChanged {
            return nil
        } catch {
            throw error
        }
        return try beneath { () throws(CloneError) in
            (
                try PoolIdentity.of(image.file.descriptor, path: image.path),
                try ExtentMap.read(image.file.descriptor, path: image.path, sync: .writeOut)
            )
        }
    }
}
