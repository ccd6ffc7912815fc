// Taking consistent clones of one or several images at one instant. The rule: everything that can be refused is refused while
// preparing; `run` syncs, freezes, clones, thaws, and either gives clones of one instant or throws and leaves nothing.

internal import Glibc
internal import SystemPackage

/// Clones about to be taken: images and filesystems are located, opened and locked; nothing is frozen.
public final class CloneJob {
    private struct Prepared {
        let target: CloneTarget
        let clone: NamelessClone
        let consistency: Consistency
        let hasLease: Bool
    }

    private let prepared: [Prepared]
    private let filesystems: [OpenFilesystem]
    private let locks: [FileLock]
    private let options: CloneOptions
    private let kernel: Kernel
    private let leasedAt: UInt64

    /// The filesystems that will be frozen, deepest first.
    public var frozenMountPoints: [String] { filesystems.map(\.mountPoint) }

    /// Locates, locks and opens everything, and refuses early.
    ///
    /// - Parameter outputs: descriptors that the program writes to, by name; none may be a file on a filesystem to be frozen.
    public init(
        preparing targets: [CloneTarget], options: CloneOptions, outputs: [(name: String, descriptor: CInt)] = [],
        view: SystemView = .linux, kernel: Kernel = .linux
    ) throws(CloneError) {
        self.options = options
        self.kernel = kernel
        let lockDirectory = try openPrivateDirectory(options.places.locks, kernel: kernel)
        var locks: [FileLock] = []
        // In one order for everybody, so that two processes never wait for each other.
        let sorted = targets.sorted {
            ($0.image.identity.device, $0.image.identity.inode) < ($1.image.identity.device, $1.image.identity.inode)
        }
        for target in sorted {
            locks.append(
                try .ofImage(
                    target.image.identity, path: target.image.path, in: lockDirectory, wait: options.waitsForLocks, kernel: kernel))
        }
        var uses: [ImageUse] = []
        var prepared: [Prepared] = []
        leasedAt = kernel.bootTime()
        for target in targets {
            let (consistency, filesystems, hasLease) = try Self.assess(target.image, options: options, view: view, kernel: kernel)
            uses.append(.mounted(filesystems))
            let clone = try NamelessClone(of: target.image.file, in: target.directory, kernel: kernel)
            prepared.append(Prepared(target: target, clone: clone, consistency: consistency, hasLease: hasLease))
        }
        let inner = try ImageUse.freezeOrder(uses)
        if let first = inner.first, geteuid() != 0 { throw .needsRootToFreeze(mountPoint: first.mountPoint) }
        for filesystem in inner.sorted(by: { $0.device < $1.device }) {
            locks.append(
                try .ofFilesystem(
                    filesystem.device, path: filesystem.mountPoint, in: lockDirectory, wait: options.waitsForLocks, kernel: kernel))
        }
        var opened: [OpenFilesystem] = []
        for filesystem in inner { opened.append(try OpenFilesystem(filesystem, kernel: kernel)) }
        // An image inside another one of the group would wait for its own pool to be thawed.
        for target in targets {
            for filesystem in opened where filesystem.filesystem.contains(descriptor: target.image.file.descriptor) {
                throw .refused(.insideAnother(image: target.image.path, mountPoint: filesystem.mountPoint))
            }
        }
        for output in outputs {
            for filesystem in opened where filesystem.filesystem.contains(descriptor: output.descriptor) {
                throw .outputInside(stream: output.name, mountPoint: filesystem.mountPoint)
            }
        }
        self.prepared = prepared
        self.filesystems = opened
        self.locks = locks
    }

    /// What can be promised for an image as it is used now, and what has to be frozen for that.
    private static func assess(
        _ image: ImageFile, options: CloneOptions, view: SystemView, kernel: Kernel
    ) throws(CloneError) -> (Consistency, [InnerFilesystem], hasLease: Bool) {
        let isCrash = options.consistency == .crash
        do {
            switch try ImageLocator(view: view).use(of: image.identity, path: image.path) {
            case .mounted(let filesystems):
                return isCrash ? (.crash, [], false) : (.frozen, filesystems, false)
            case .detached, .attachedReadOnly:
                try takeLease(image, kernel: kernel)
                return (.unmounted, [], true)
            }
        } catch {
            // On request it is taken as it is; it may still not be no image at all.
            if isCrash { return (.crash, [], false) }
            throw error
        }
    }

    private static func takeLease(_ image: ImageFile, kernel: Kernel) throws(CloneError) {
        do {
            try kernel.takeLease(image.file.descriptor)
        } catch .wouldBlock {
            throw .openForWriting(path: image.path)
        } catch {
            throw .cannotProveUnused(path: image.path)
        }
    }

    /// Takes the clones. May be called once.
    public func run() throws(CloneError) -> [TakenClone] {
        filesystems.isEmpty ? try takeUnfrozen() : try takeFrozen()
    }

    private func takeUnfrozen() throws(CloneError) -> [TakenClone] {
        let takenAt = kernel.realTime()
        for item in prepared {
            // One call for the whole: it holds the inode, so that even a live image is caught at one instant.
            do {
                try kernel.clone(item.clone.file.descriptor, item.target.image.file.descriptor)
            } catch {
                throw .ofClone(error, image: item.target.image.file, directory: item.target.directory, kernel: kernel)
            }
        }
        try endLeases()
        return prepared.map { result($0, takenAt: takenAt, frozen: nil) }
    }

    private func takeFrozen() throws(CloneError) -> [TakenClone] {
        let records = try openPrivateDirectory(options.places.frozen, kernel: kernel)
        var window = try FreezeWindow(over: filesystems, kernel: kernel)
        var written: [FreezeRecord] = []
        defer { for record in written { try? record.remove(in: records, kernel: kernel) } }
        do throws(CloneError) {
            try writeRecords(in: records, guardPID: window.guardPID, written: &written)
            try synchronize()
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
            (end, failedIndex) = cloneAll(in: window)
        }
        window.thaw()
        let outcome = window.close()
        if outcome.thawFailure != nil { written.removeAll() }  // the record stays for `losnap thaw`
        try judge(outcome, end, failedIndex)
        try endLeases()
        return prepared.map { result($0, takenAt: takenAt, frozen: outcome.thawedAt - outcome.frozenAt) }
    }

    private func cloneAll(in window: borrowing FreezeWindow) -> (ChunkedCloneEnd, Int) {
        for index in prepared.indices {
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

    /// Writes out what is dirty, so that FIFREEZE finds little to do and writers wait for little.
    private func synchronize() throws(CloneError) {
        for filesystem in filesystems {
            try calling(.sync, filesystem.mountPoint) { () throws(Errno) in try kernel.syncFilesystem(filesystem.file.descriptor) }
        }
        for item in prepared {
            let file = item.target.image.file
            try calling(.sync, file.path) { () throws(Errno) in try kernel.synchronizeData(file.descriptor) }
        }
    }

    private func writeRecords(in directory: OpenFile, guardPID: CInt, written: inout [FreezeRecord]) throws(CloneError) {
        let processes = [getpid(), guardPID].compactMap { ProcessIdentity(pid: $0) }
        let boot = currentBootID()
        for filesystem in filesystems {
            let record = FreezeRecord(
                boot: boot, device: filesystem.filesystem.device, mountPoint: filesystem.mountPoint, processes: processes)
            try record.write(in: directory, kernel: kernel)
            written.append(record)
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

    /// Gives leases back. One that was asked for meanwhile still kept the writer waiting, unless the kernel's patience had run out.
    private func endLeases() throws(CloneError) {
        let patience = readSmallFile("/proc/sys/fs/lease-break-time").flatMap { UInt64($0.filter(\.isNumber)) } ?? 45
        for item in prepared where item.hasLease {
            let file = item.target.image.file
            let held = (try? kernel.leaseHolds(file.descriptor)) ?? false
            let elapsed = kernel.bootTime() - leasedAt
            try? kernel.dropLease(file.descriptor)
            if !held, elapsed > patience * 1_000_000_000 { throw .openForWriting(path: file.path) }
        }
    }

    private func result(_ item: Prepared, takenAt: Int64, frozen: UInt64?) -> TakenClone {
        TakenClone(
            clone: item.clone, image: item.target.image, takenAt: takenAt, consistency: item.consistency,
            frozenNanoseconds: item.consistency == .frozen ? frozen : nil)
    }
}
