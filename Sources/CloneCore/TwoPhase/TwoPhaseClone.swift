// One image that is cloned in two phases: most of it before the freeze, and in it what has changed since. The rules: whatever was cloned before is
// only a beginning, the finder's answer in the freeze decides; a finder that can't be sure is replaced by the maps, which need nothing of the past.

internal import CLinux
internal import SystemPackage

/// A clone on its way, for one image that will be frozen.
final class TwoPhaseClone {
    let image: ImageFile
    private let clone: OpenFile
    private let directory: OpenFile
    private let kernel: Kernel
    private let view: SystemView
    private let tuning: TwoPhaseTuning
    private let isForced: Bool
    /// How long a step may take with nothing frozen (nanoseconds).
    private let longest: UInt64
    private let changed: ChangedBlocks
    private let proven: ChangedBlocks?
    private let buffer: ExtentBuffer
    private let granule: UInt64
    private var maps: ComparedMaps?
    private var tracked: TrackedWrites?
    /// A round that is so short leaves nothing to be won by another (nanoseconds).
    private static let shortRound: UInt64 = 1_000_000
    /// So many extents are cloned in one transaction of a btrfs; else the fsync of the clone logs all of them, and everybody's fsync waits for that.
    private static let committed = 8192
    /// How often recording may begin anew.
    private var restarts: Int
    /// How often a window may be taken again because the clone's blocks were moved.
    private var moves = 3
    private var piece = RangeCloner.unknownDensity
    private let pace: ClonePace

    /// What phase 1 cost, and how many extents it met.
    private var cost = RangeCloner.Cost()
    /// What the clone calls of the last round of catching up took; the one in the freeze has less to do (nanoseconds).
    private var lastRound: UInt64 = 0
    /// Why writes are not tracked, if they were to be.
    private(set) var refusal: TrackingRefusal?
    /// What was cloned again while frozen.
    private(set) var reclonedBytes: UInt64 = 0
    /// What the finder has to say of the window, and the block that it missed; for after the thaw.
    private(set) var finalDoubt: FinderDoubt?
    private(set) var missed: (start: UInt64, end: UInt64)?

    var way: CloneWay { tracked == nil ? .maps : .tracked }
    var extents: Int { max(cost.extents, maps?.extents ?? 0) }

    /// - Parameter forced: `maps` or `tracked` if no other way will do.
    init(
        of target: CloneTarget, to clone: OpenFile, forced: CloneWay?, _ options: CloneOptions, view: SystemView, kernel: Kernel
    ) throws(CloneError) {
        let image = target.image
        self.image = image
        directory = target.directory
        self.clone = clone
        self.kernel = kernel
        self.view = view
        tuning = options.tuning
        longest = options.maxPrepareNanoseconds
        restarts = tuning.restarts
        isForced = forced == .tracked
        pace = ClonePace(of: image.identity, view: view)
        let size = try image.file.status().size
        granule = try Self.granule(of: clone, kernel)
        guard let buffer = ExtentBuffer(room: RangeCloner.room, isTouched: false) else {
            throw .system(.extents, path: image.path, .noMemory)
        }
        self.buffer = buffer
        let shape = granule
        let changed = try calling(.extents, image.path) { () throws(Errno) in try ChangedBlocks(size: size, granule: shape) }
        self.changed = changed
        proven =
            tuning.checksTracking ? try calling(.extents, image.path) { () throws(Errno) in try ChangedBlocks(shapedAs: changed) } : nil
        if forced != .maps {
            do {
                tracked = try TrackedWrites(of: image, shapedAs: changed, view: view, tuning: tuning)
            } catch {
                if isForced { throw .trackingImpossible(path: image.path, error) }
                refusal = error
            }
        }
        if tracked == nil || proven != nil { maps = try ComparedMaps(image: image.file, clone: clone, kernel: kernel) }
    }

    /// The filesystem's block: clone ranges begin and end there.
    static func granule(of file: OpenFile, _ kernel: Kernel) throws(CloneError) -> UInt64 {
        let block = try calling(.identify, file.path) { () throws(Errno) in try kernel.filesystemStatus(file.descriptor).blockBytes }
        return block.nonzeroBitCount == 1 ? max(block, 4096) : 65536
    }

    private func cloner(at pace: ClonePace?) -> RangeCloner {
        RangeCloner(source: image.file.descriptor, destination: clone.descriptor, kernel: kernel, pace: pace)
    }

    // MARK: Phase 1, with nothing frozen

    /// Clones all of it for a beginning.
    func begin(progress: (@Sendable (UInt64, UInt64) -> Void)?) throws(CloneError) {
        var cloner = cloner(at: pace)
        cloner.progress = progress
        let magic = try? kernel.filesystemStatus(clone.descriptor).magic
        cloner.commitsAfter = magic == UInt64(CLINUX_MAGIC_BTRFS) ? Self.committed : nil
        let limit = TimeLimit(longest, kernel: kernel)
        let cloned: Bool
        do {
            cloned = try cloner.cloneAll(granule: granule, buffer: buffer, cost: &cost) { !(DeferredSignals.isEnding || limit.isOver) }
        } catch {
            throw failure(error)
        }
        guard !cloned else { return }
        try DeferredSignals.check()
        try limit.check(.cloning, image.path)
    }

    /// Clones what has been written since, in rounds while there is less each time. `synchronize` writes out what is dirty, before each.
    func catchUp(_ synchronize: () throws(CloneError) -> Void) throws(CloneError) {
        let limit = TimeLimit(longest, kernel: kernel)
        var former = UInt64.max
        for _ in 1...4 {
            try DeferredSignals.check()
            try synchronize()
            lastRound = try cloneChanged(pausing: true, limit)
            try lookForDoubt()
            if lastRound < Self.shortRound || lastRound > former - former / 4 { break }
            former = lastRound
        }
    }

    /// The time that the clone calls took.
    private func cloneChanged(pausing: Bool, _ limit: TimeLimit) throws(CloneError) -> UInt64 {
        try finder.collect(into: changed)
        var cloner = cloner(at: pausing ? pace : nil)
        let round = cloner.clone(changed, size: try image.file.status().size, piece: &piece) { !(DeferredSignals.isEnding || limit.isOver) }
        switch round.end {
        case .done: changed.removeAll()
        case .stopped:
            try DeferredSignals.check()
            try limit.check(.catchingUp, image.path)
        case .failed(let errno): throw failure(errno)
        }
        return round.nanoseconds
    }

    private func failure(_ error: Errno) -> CloneError { .ofClone(error, image: image.file, directory: directory, kernel: kernel) }

    /// The last thing before the freeze, after all was written out.
    func prepare() throws(CloneError) {
        // Comparing takes as long as what is won by it; and then more is dirty than before.
        if tracked != nil { _ = try cloneChanged(pausing: false, TimeLimit(longest, kernel: kernel)) }
        proven?.removeAll()
        finalDoubt = nil
        missed = nil
        try tracked?.prepare()
        try maps?.prepare()
    }

    private var finder: any ChangeFinder { tracked ?? maps! }

    private func lookForDoubt() throws(CloneError) {
        if let doubt = tracked?.doubt() { try heed(doubt) }
    }

    /// Goes over to the maps, for what is tracked can't be relied on. Of lost records only what they would have said is missing, and with nothing
    /// frozen the maps can say that: then recording begins anew.
    private func heed(_ doubt: TrackingRefusal) throws(CloneError) {
        guard doubt == .recordsLost, restarts > 0 else { return try giveUpTracking(doubt) }
        restarts -= 1
        tracked = nil
        do throws(TrackingRefusal) {
            tracked = try TrackedWrites(of: image, shapedAs: changed, view: view, tuning: tuning)
        } catch {
            return try giveUpTracking(error)
        }
        let maps: ComparedMaps
        if let ours = self.maps { maps = ours } else { maps = try ComparedMaps(image: image.file, clone: clone, kernel: kernel) }
        try maps.collect(into: changed)
        _ = try cloneChanged(pausing: true, TimeLimit(longest, kernel: kernel))
    }

    /// From here on the maps decide.
    private func giveUpTracking(_ reason: TrackingRefusal) throws(CloneError) {
        if isForced { throw .trackingImpossible(path: image.path, reason) }
        refusal = reason
        tracked = nil
        if maps == nil { maps = try ComparedMaps(image: image.file, clone: clone, kernel: kernel) }
    }

    /// How long the frozen part will take, FIFREEZE itself not counted (nanoseconds).
    var predicted: UInt64 {
        guard tracked == nil, let maps else { return lastRound }
        return lastRound + UInt64(maps.extents) * maps.scanCost
    }

    // MARK: Phase 2, frozen: prepared system calls only

    /// Clones what has changed.
    func finish(while goOn: () -> Bool) -> ChunkedCloneEnd {
        do {
            let size = try kernel.status(image.file.descriptor).size
            let cloned = try kernel.status(clone.descriptor).size
            if cloned > size { try kernel.truncate(clone.descriptor, size) }
            // Before the records are read: what is written from here on is in them as well.
            if tracked != nil, let proven { maps?.finishProven(into: proven, size: min(size, changed.coveredBytes)) }
            finalDoubt = finder.finish(into: changed, size: min(size, changed.coveredBytes), while: goOn)
            if finalDoubt != nil { return .stopped }
            if cloned != size { changed.insert(from: min(cloned, size), to: changed.coveredBytes) }
            if tracked != nil, let proven { missed = proven.firstMissing(in: changed) }
            var cloner = cloner(at: nil)
            let round = cloner.clone(changed, size: size, piece: &piece, while: goOn)
            reclonedBytes = round.bytes
            guard case .done = round.end else { return round.end }
            if size > changed.coveredBytes {
                try kernel.cloneRange(clone.descriptor, image.file.descriptor, changed.coveredBytes, 0)
                reclonedBytes += size - changed.coveredBytes
            }
            return .done
        } catch {
            return .failed(error)
        }
    }

    // MARK: After the thaw

    /// Whether the clone is what a plain one would have been. False: once more, by the maps.
    func isExact() throws(CloneError) -> Bool {
        if case .tracking(let doubt) = finalDoubt {
            try heed(doubt)
            return false
        }
        if let doubt = tracked?.doubtOfOthers() {
            try giveUpTracking(doubt)
            return false
        }
        if let missed { throw .trackingMissed(path: image.path, offset: missed.start, length: missed.end - missed.start) }
        if tracked == nil, let maps, try maps.cloneHasMoved(besides: changed) {
            guard moves > 0 else { throw .windowBroken(.blocksMoved, mountPoint: image.path) }
            moves -= 1
            return false
        }
        return true
    }
}
