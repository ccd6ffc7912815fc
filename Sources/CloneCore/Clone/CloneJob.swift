// Taking consistent clones of one or several images at one instant. The rule: everything that can be refused is refused while
// preparing; `run` syncs, freezes, clones, thaws, and either gives clones of one instant or throws and leaves nothing.

internal import Glibc
internal import SystemPackage

/// Clones about to be taken: images and filesystems are located, opened and locked; nothing is frozen.
public final class CloneJob {
    struct Prepared {
        let target: CloneTarget
        let clone: NamelessClone
        let consistency: Consistency
        /// Of one that is not mounted.
        let lease: ReadLease?
    }

    let prepared: [Prepared]
    let filesystems: [OpenFilesystem]
    /// Of the filesystems, in the same order.
    let filesystemLocks: [FileLock]
    private let imageLocks: [FileLock]
    /// The directory of freeze records; nil if nothing is to be frozen.
    let records: OpenFile?
    let options: CloneOptions
    let kernel: Kernel
    let view: SystemView

    /// The filesystems that will be frozen, deepest first.
    package var frozenMountPoints: [String] { filesystems.map(\.mountPoint) }

    /// Locates, locks and opens everything, and refuses early.
    ///
    /// - Parameter outputs: descriptors that the program writes to, by name; none may be a file on a filesystem to be frozen.
    public init(
        preparing targets: [CloneTarget], options: CloneOptions, outputs: [(name: String, descriptor: CInt)] = [],
        view: SystemView = .linux, kernel: Kernel = .linux
    ) throws(CloneError) {
        self.options = options
        self.view = view
        self.kernel = kernel
        let lockDirectory = try openPrivateDirectory(options.places.locks, kernel: kernel)
        let mender = FreezeMender(places: options.places, view: view, kernel: kernel)
        var locks: [FileLock] = []
        // In one order for everybody, so that two processes never wait for each other.
        let sorted = targets.sorted {
            ($0.image.identity.device, $0.image.identity.inode) < ($1.image.identity.device, $1.image.identity.inode)
        }
        var former: FileIdentity?
        for target in sorted {
            // One image may be there twice, by two names: a second lock on it would wait for the first.
            if target.image.identity == former { continue }
            former = target.image.identity
            locks.append(
                try .ofImage(
                    target.image.identity, path: target.image.path, in: lockDirectory, waiting: options.wait, kernel: kernel))
        }
        // Those that held the locks may be dead, and what they froze is about to be written to.
        for (_, outcome) in try mender.thaw(waitingForOthers: false) { options.thawed?(outcome) }
        var uses: [ImageUse] = []
        var prepared: [Prepared] = []
        for target in targets {
            let (consistency, filesystems, lease) = try Self.assess(
                target.image, wanted: target.consistency ?? options.consistency, options, view: view, kernel: kernel)
            uses.append(.mounted(filesystems))
            let clone = try NamelessClone(of: target.image.file, in: target.directory, kernel: kernel)
            prepared.append(Prepared(target: target, clone: clone, consistency: consistency, lease: lease))
        }
        let inner = try ImageUse.freezeOrder(uses)
        if let first = inner.first, geteuid() != 0 { throw .needsRootToFreeze(mountPoint: first.mountPoint) }
        var filesystemLocks: [DeviceNumber: FileLock] = [:]
        for filesystem in inner.sorted(by: { $0.device < $1.device }) {
            filesystemLocks[filesystem.device] = try .ofFilesystem(
                filesystem.device, path: filesystem.mountPoint, in: lockDirectory, waiting: options.wait, kernel: kernel)
            // At once, not when all locks are there: until then nobody else may thaw what the former holder has left.
            for (device, outcome) in try mender.thaw(holding: filesystemLocks, waitingForOthers: false) {
                options.thawed?(outcome)
                if case .stuck(_, let error) = outcome, filesystemLocks[device] != nil { throw error }
            }
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
        // A command after a crash reads the records there to know what to thaw, and takes locks there before: it would wait for ever.
        let records = inner.isEmpty ? nil : try openPrivateDirectory(options.places.frozen, kernel: kernel)
        for directory in [lockDirectory, records].compactMap(\.self) {
            for filesystem in opened where filesystem.filesystem.isOpened(by: directory.descriptor) {
                throw .runtimeInside(directory: directory.path, mountPoint: filesystem.mountPoint)
            }
        }
        self.records = records
        self.prepared = prepared
        self.filesystems = opened
        self.filesystemLocks = inner.compactMap { filesystemLocks[$0.device] }
        imageLocks = locks
    }

    /// What can be promised for an image as it is used now, and what has to be frozen for that.
    private static func assess(
        _ image: ImageFile, wanted: Consistency, _ options: CloneOptions, view: SystemView, kernel: Kernel
    ) throws(CloneError) -> (Consistency, [InnerFilesystem], ReadLease?) {
        let isCrash = wanted == .crash
        let locator = ImageLocator(view: view, kernel: kernel, longest: options.maxPrepareNanoseconds)
        do {
            // Live, it makes no difference how it is in use, so a look is enough.
            let use =
                try isCrash
                ? locator.use(of: image.identity, path: image.path) : locator.steadyUse(of: image.identity, path: image.path)
            switch use {
            case .mounted(let filesystems):
                return isCrash ? (.crash, [], nil) : (.frozen, filesystems, nil)
            case .detached, .attachedReadOnly:
                return (.unmounted, [], try ReadLease(on: image, kernel: kernel))
            }
        } catch {
            // On request it is taken as it is; it may still not be no image at all.
            if isCrash { return (.crash, [], nil) }
            // To who looks at mounts alone it seems to be in a namespace out of reach.
            if case .refused = error, let mountPoint = unmountedWhileFrozen(image, options, view) {
                throw .unmountedWhileFrozen(mountPoint: mountPoint)
            }
            throw error
        }
    }

    /// Where a filesystem of the image was mounted that dead processes have left frozen; nil if there is none.
    private static func unmountedWhileFrozen(_ image: ImageFile, _ options: CloneOptions, _ view: SystemView) -> String? {
        guard let left = try? freezesLeft(places: options.places), !left.isEmpty else { return nil }
        let loops = view.loopDevices().filter { $0.identity == image.identity }
        let devices = loops.flatMap { view.stack(on: $0) }.map(\.number)
        let uuids = loops.compactMap { view.btrfs(on: $0.name)?.uuid }
        return left.first { freeze in
            freeze.filesystem.isBtrfs ? freeze.filesystem.uuid.map(uuids.contains) ?? false : devices.contains(freeze.device)
        }?.mountPoint
    }
}
