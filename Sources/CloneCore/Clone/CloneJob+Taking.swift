// The taking itself: syncs, freezes, clones, thaws. The rules: between freeze and thaw only system calls on descriptors opened before;
// a signal that came meanwhile takes effect when nothing is frozen and no freeze record is left; what was not one instant is thrown away.

internal import CLinux
internal import Glibc
internal import SystemPackage

/// Writing out what is dirty is not worth another round when it took no longer than this (nanoseconds).
private let shortSync: UInt64 = 10_000_000

/// So many extents are counted in some tenths of a second (Docs/kernel.md).
private let soonCounted = 100_000

extension CloneJob {
    /// Takes the clones. May be called once.
    public func run() throws(CloneError) -> [TakenClone] {
        guard let records else { return try takeUnfrozen() }
        return try takeFrozen(records: records)
    }

    private func takeUnfrozen() throws(CloneError) -> [TakenClone] {
        let takenAt = kernel.realTime()
        var makings: [CloneMaking] = []
        for item in prepared { makings.append(CloneMaking(extents: try cloneUnfrozen(item))) }
        for item in prepared { try item.lease?.giveBack() }
        return prepared.indices.map { result(prepared[$0], takenAt: takenAt, frozen: nil, makings[$0]) }
    }

    /// Clones what is not frozen, and says how many extents it has, if that is soon told. What is leased is written by nobody, and is cloned in
    /// pieces. A live image is cloned in one call, which holds the inode, so that it is caught at one instant; its extents are counted in the
    /// clone, where nobody waits for that.
    private func cloneUnfrozen(_ item: Prepared) throws(CloneError) -> Int? {
        let image = item.target.image.file
        if item.consistency == .unmounted {
            // What is dirty has no extents yet.
            try calling(.sync, image.path) { () throws(Errno) in try kernel.synchronizeData(image.descriptor) }
        }
        do {
            if item.consistency == .unmounted {
                let limit = TimeLimit(options.maxPrepareNanoseconds, kernel: kernel)
                return try item.clone.fill(from: image, kernel: kernel, limit: limit, progress: options.progress)
            }
            try kernel.clone(item.clone.file.descriptor, image.descriptor)
            return ExtentBuffer(room: 8192)?.count(of: item.clone.file.descriptor, atMost: soonCounted, kernel: kernel)
        } catch .timedOut {
            throw .prepareTooLong(.cloning, path: image.path, limit: options.maxPrepareNanoseconds / 1_000_000)
        } catch {
            try DeferredSignals.check()
            throw .ofClone(error, image: item.target.image.file, directory: item.target.directory, kernel: kernel)
        }
    }

    private func takeFrozen(records: OpenFile) throws(CloneError) -> [TakenClone] {
        var plan = ClonePlan(prepared.count)
        try begin(&plan)
        while true {
            try approach(&plan)
            if let taken = try takeFrozen(plan, records: records) { return taken }
        }
    }

    /// One window. nil: what was tracked could not be relied on, so once more by the maps.
    private func takeFrozen(_ plan: ClonePlan, records: OpenFile) throws(CloneError) -> [TakenClone]? {
        var guarded: [Guarded] = []
        for (index, filesystem) in filesystems.enumerated() {
            guarded.append(
                Guarded(
                    device: filesystem.filesystem.device, filesystem: filesystem.file, lock: filesystemLocks[index],
                    record: try FreezeRecordFile(for: filesystem.filesystem.device, in: records, kernel: kernel)))
        }
        var window = try FreezeWindow(over: guarded, in: records, kernel: kernel)
        do throws(CloneError) {
            // Before signals are held back: it may take long, and nothing is to be undone yet.
            if plan.tookTime { try settle() }
            for clone in plan.clones { try clone?.prepare() }
        } catch {
            _ = window.close()
            throw error
        }
        clinux_signals_defer()
        defer { clinux_signals_release() }  // runs last: after the records are gone
        var written: [FreezeRecordFile] = []
        defer { for record in written { try? record.remove() } }
        do throws(CloneError) {
            // Where hooks run, signals have been held back for longer than this.
            try DeferredSignals.check()
            try publishRecords(of: guarded, guardPID: window.guardPID, published: &written)
        } catch {
            _ = window.close()
            throw error
        }
        var end = ChunkedCloneEnd.stopped
        var failedIndex = 0
        var takenAt: Int64 = 0
        // From here to the thaw: prepared system calls only.
        if window.freeze(deadline: options.maxFreezeNanoseconds) {
            takenAt = kernel.realTime()
            (end, failedIndex) = cloneAll(plan, in: window)
            options.tuning.whileFrozen?()
        }
        window.thaw()
        let outcome = window.close()
        if outcome.thawFailure != nil { written.removeAll() }  // the records stay for `losnap thaw`
        let wasStopped = plan.clones.contains { $0?.finalDoubt.map { if case .tracking = $0 { true } else { false } } ?? false }
        try judge(outcome, wasStopped ? .done : end, failedIndex)
        try checkThatAllWereFrozen()
        var isExact = true
        for clone in plan.clones {
            guard let clone, try !clone.isExact() else { continue }
            isExact = false
        }
        guard isExact else { return nil }
        // Nothing is frozen for these, so their long calls need not happen while others are; those that nobody had open are leased until then.
        var plan = plan
        for index in prepared.indices where prepared[index].consistency != .frozen {
            plan.plain[index].extents = try cloneUnfrozen(prepared[index])
        }
        for item in prepared { try item.lease?.giveBack() }
        return prepared.indices.map { result(prepared[$0], takenAt: takenAt, frozen: outcome.thawedAt - outcome.frozenAt, plan.making($0)) }
    }

    /// What was mounted from an image after it was located has not been frozen, and may have written meanwhile.
    private func checkThatAllWereFrozen() throws(CloneError) {
        let frozen = Set(filesystems.map(\.filesystem.device))
        for item in prepared where item.consistency == .frozen {
            guard let now = locateAgain(item.target.image), frozen.isSuperset(of: now.map(\.device)) else {
                throw .windowBroken(.mountsChanged, mountPoint: item.target.image.path)
            }
        }
    }

    /// What is mounted from the image now; nil if that can't be told. Other images that come and go may keep it from being told for a
    /// moment, and nothing is frozen any more: there is time to look again.
    private func locateAgain(_ image: ImageFile) -> [InnerFilesystem]? {
        for attempt in 1...5 {
            if attempt > 1 { usleep(50_000) }
            let locator = ImageLocator(view: view, kernel: kernel, longest: options.maxPrepareNanoseconds)
            if case .mounted(let now) = try? locator.use(of: image.identity, path: image.path) { return now }
        }
        return nil
    }

    private func cloneAll(_ plan: ClonePlan, in window: borrowing FreezeWindow) -> (ChunkedCloneEnd, Int) {
        for index in prepared.indices where prepared[index].consistency == .frozen {
            if let clone = plan.clones[index] {
                let end = clone.finish { window.isIntact() }
                if case .done = end { continue }
                return (end, index)
            }
            let source = prepared[index].target.image.file.descriptor
            let size: UInt64
            do {
                size = try kernel.status(source).size
            } catch {
                return (.failed(error), index)
            }
            let end = cloneInChunks(
                from: source, to: prepared[index].clone.file.descriptor, size: size, kernel: kernel, while: { window.isIntact() })
            if case .done = end { continue }
            return (end, index)
        }
        return (.done, 0)
    }

    /// Writes out what is dirty, and once more while that took long and less each time: what was written meanwhile would be waited for in the freeze.
    func settle() throws(CloneError) {
        let limit = TimeLimit(options.maxPrepareNanoseconds, kernel: kernel)
        var former = UInt64.max
        for _ in 1...4 {
            let began = kernel.bootTime()
            try synchronize(limit)
            let took = kernel.bootTime() - began
            if took < shortSync || took > former - former / 4 { return }
            former = took
        }
    }

    /// Writes out what is dirty in the filesystems that will be frozen, and then in the images. `run` does it first, so that FIFREEZE finds
    /// little to do and writers wait for little; who looks at the images' extents before does it too.
    ///
    /// - Throws: `inputOutput`, `full`, `system`.
    public func synchronize() throws(CloneError) { try synchronize(TimeLimit(options.maxPrepareNanoseconds, kernel: kernel)) }

    /// The limit is looked at between the calls: one that does not come back can't be called off.
    private func synchronize(_ limit: TimeLimit) throws(CloneError) {
        for filesystem in filesystems {
            try limit.check(.writingOut, filesystem.mountPoint)
            try calling(.sync, filesystem.mountPoint) { () throws(Errno) in try kernel.syncFilesystem(filesystem.file.descriptor) }
        }
        for item in prepared {
            let file = item.target.image.file
            try limit.check(.writingOut, file.path)
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronizeData(file.descriptor) }
        }
    }

    private func publishRecords(of guarded: [Guarded], guardPID: CInt, published: inout [FreezeRecordFile]) throws(CloneError) {
        let processes = [getpid(), guardPID].compactMap { ProcessIdentity(pid: $0) }
        let boot = currentBootID()
        for (item, filesystem) in zip(guarded, filesystems) {
            try item.record.publish(
                FreezeRecord(
                    boot: boot, device: item.device,
                    filesystem: FrozenFilesystem(of: item.filesystem.descriptor, on: item.device, view: view),
                    depth: filesystem.filesystem.depth, mountPoint: filesystem.mountPoint, processes: processes))
            published.append(item.record)
        }
    }

    /// Turns what happened in the window into an error, if it does not count.
    private func judge(_ outcome: WindowOutcome, _ end: ChunkedCloneEnd, _ failedIndex: Int) throws(CloneError) {
        if let (index, _) = outcome.thawFailure { throw .stillFrozen(mountPoint: filesystems[index].mountPoint) }
        if let (index, errno) = outcome.freezeFailure {
            let filesystem = filesystems[index]
            switch errno {
            case .resourceBusy: throw .frozenByAnother(mountPoint: filesystem.mountPoint)
            case .notSupported, .inappropriateIOCTLForDevice:
                throw .cannotFreeze(mountPoint: filesystem.mountPoint, filesystem: filesystem.filesystem.type)
            case .notPermitted, .permissionDenied: throw .needsRootToFreeze(mountPoint: filesystem.mountPoint)
            default: throw CloneError(errno, .freeze, filesystem.mountPoint)
            }
        }
        let outermost = filesystems[filesystems.count - 1].mountPoint
        switch outcome.mark {
        case .intact: break
        case .deadline: throw .windowBroken(.deadline(milliseconds: options.maxFreezeNanoseconds / 1_000_000), mountPoint: outermost)
        case .orphaned: throw .windowBroken(.guardThawed, mountPoint: outermost)
        }
        if case .failed(let errno) = end {
            let target = prepared[failedIndex].target
            throw .ofClone(errno, image: target.image.file, directory: target.directory, kernel: kernel)
        }
        if let index = outcome.thawedEarly { throw .windowBroken(.thawedEarly, mountPoint: filesystems[index].mountPoint) }
        guard case .done = end, outcome.counts else { throw .windowBroken(.guardThawed, mountPoint: outermost) }
    }

    private func result(_ item: Prepared, takenAt: Int64, frozen: UInt64?, _ making: CloneMaking) -> TakenClone {
        TakenClone(
            clone: item.clone, image: item.target.image, takenAt: takenAt, consistency: item.consistency,
            frozenNanoseconds: item.consistency == .frozen ? frozen : nil, making: making)
    }
}
