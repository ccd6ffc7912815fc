// What can go wrong between an image and its clone. The rule: the same errno gets a different sentence for a different call, so a
// case says what was tried, not which number came back.

public import SystemPackage

/// Everything that `CloneCore` throws.
public enum CloneError: ExplainedError, Hashable {
    /// There is no file of that name.
    case noSuchFile(path: String)
    /// The path names something that can't be an image.
    case notAnImage(path: String, kind: FileKind)
    /// The image has no bytes.
    case emptyImage(path: String)
    /// Source and destination are one file, perhaps by a link.
    case sameFile(source: String, destination: String)
    /// FICLONE: EXDEV.
    case differentFilesystem(image: String, directory: String)
    /// FICLONE: EOPNOTSUPP, or EINVAL on a filesystem made without reflink.
    case cannotShareBlocks(directory: String, filesystem: String)
    /// FICLONE: EINVAL where the filesystem can share blocks: one of the two is nodatacow, or still being changed.
    case cloneRefused(image: String, directory: String)
    /// FICLONE: ETXTBSY.
    case swapFile(path: String)
    /// The pool is mounted read-only.
    case readOnly(path: String)
    /// No space, or over quota.
    case full(path: String)
    /// The disk failed.
    case inputOutput(path: String, during: SystemCall)
    /// Somebody has the image open for writing, though it is not mounted.
    case openForWriting(path: String)
    /// It can't be proved that nobody is writing to it.
    case cannotProveUnused(path: String)
    /// Not permitted.
    case notPermitted(path: String, during: SystemCall)
    /// Only root may freeze.
    case needsRootToFreeze(mountPoint: String)
    /// The filesystem inside was frozen already, by somebody who is not losnap.
    case frozenByAnother(mountPoint: String)
    /// The filesystem inside can't be frozen at all.
    case cannotFreeze(mountPoint: String, filesystem: String)
    /// The frozen window was broken; there is no clone.
    case windowBroken(BrokenWindow, mountPoint: String)
    /// It would be frozen for longer than allowed (milliseconds), so it was not begun. `pool` is the kind of filesystem that holds the image,
    /// which is the one that takes longest of a group; `others` is how many are frozen with it.
    case freezeTooLong(image: String, pool: String, predicted: UInt64, limit: UInt64, extents: Int, CloneWay, others: Int)
    /// The image's writes can't be tracked, and nothing else was wanted.
    case trackingImpossible(path: String, TrackingRefusal)
    /// A range that was written has no record: the clone is thrown away. Only looked for in debug builds.
    case trackingMissed(path: String, offset: UInt64, length: UInt64)
    /// It could not be thawed; the guard goes on trying.
    case stillFrozen(mountPoint: String)
    /// It was left frozen, and then unmounted: it can't be reached for thawing.
    case unmountedWhileFrozen(mountPoint: String)
    /// FITHAW does not return: what the filesystem lies on is frozen, or a clone of its image is being made.
    case thawBlocked(mountPoint: String)
    /// stdout or stderr is a file on a filesystem to be frozen.
    case outputInside(stream: String, mountPoint: String)
    /// The directory for locks or freeze records lies on a filesystem to be frozen: what is left frozen could not be thawed by its records.
    case runtimeInside(directory: String, mountPoint: String)
    /// Somebody else could steer the directory for locks and freeze records, or one above it.
    case runtimeExposed(path: String, Exposure)
    /// A symbolic link on the way to what is to be read or written belongs to somebody else.
    case linkOfAnother(path: String, user: UInt32)
    /// A file that is to be replaced belongs to somebody who is not to have what would take its place.
    case destinationOfAnother(path: String, user: UInt32, source: String)
    /// Another losnap holds the lock.
    case locked(what: String, holder: String?)
    /// A signal came before anything was done.
    case interrupted(signal: CInt)
    /// The thaw guard could not be started.
    case noGuard(Errno)
    /// The path is not a mount point itself; `mountPoint` is the one it is under.
    case notAMountPoint(path: String, mountPoint: String)
    /// What is mounted there does not come from an image by a loop device.
    case notOnAnImage(mountPoint: String, device: String)
    /// The loop device's file is not to be found under its path: unlinked, renamed, or of another mount namespace.
    case imageNotFound(mountPoint: String, path: String)
    /// What is mounted from the image, or at the path, is just changing.
    case mountsChanging(path: String)
    /// Other namespaces have more mounts than can be read in that time (milliseconds).
    case tooManyMounts(milliseconds: UInt64)
    /// What is done before the freeze took longer than allowed (milliseconds).
    case prepareTooLong(PrepareStep, path: String, limit: UInt64)
    /// The filesystem of the pool tells no UUID.
    case poolHasNoUUID(path: String, filesystem: String)
    /// The image begins with a partition table, not with a filesystem.
    case partitioned(path: String)
    /// No filesystem in it that losnap can mount.
    case unknownFilesystem(path: String)
    /// A scratch clone needs a directory to be mounted at.
    case notADirectory(path: String)
    /// A scratch clone is mounted there already.
    case scratchInTheWay(directory: String)
    /// Another filesystem is mounted there, which a scratch clone would hide.
    case mountPointTaken(directory: String)
    /// mount(2): EEXIST: a btrfs of that UUID is mounted, and the kernel can't have two.
    case sameUUIDMounted(path: String, filesystem: String)
    /// mount(2): the kernel could not make sense of the filesystem.
    case cannotMount(path: String, filesystem: String, Errno)
    /// Not something that `mount` mounted.
    case notAScratchMount(path: String)
    /// umount2(2): EBUSY.
    case mountBusy(directory: String)
    /// It can't be frozen as it stands, for a reason that has nothing to do with a failing call.
    case refused(FreezeRefusal)
    /// Any other failing system call.
    case system(SystemCall, path: String, Errno)
}

/// Why a frozen window does not count.
public enum BrokenWindow: Sendable, Hashable {
    /// It would have lasted longer than allowed (milliseconds); it was thawed at the deadline.
    case deadline(milliseconds: UInt64)
    /// Somebody else thawed it before the clone was finished.
    case thawedEarly
    /// The guard believed its parent dead.
    case guardThawed
    /// Something was mounted from the image, or unmounted, while the clone was taken.
    case mountsChanged
    /// The filesystem that holds image and clone moved their blocks while their maps were compared, again and again.
    case blocksMoved
}

/// What is done before anything is frozen, and may take long.
public enum PrepareStep: String, Sendable, CaseIterable {
    /// Writing out what is dirty.
    case writingOut
    /// Cloning the image, for a beginning or, where nothing is frozen, altogether.
    case cloning
    /// Cloning again what has changed meanwhile.
    case catchingUp
    /// Reading the extent map.
    case countingExtents

    /// As the beginning of a sentence.
    var words: String {
        switch self {
        case .writingOut: "writing dirty data"
        case .cloning: "cloning the image"
        case .catchingUp: "cloning later changes"
        case .countingExtents: "reading its extent map"
        }
    }
}

/// The system calls, in words, for messages: "can't ... PATH".
public enum SystemCall: String, Sendable, CaseIterable {
    case open, read, write, status, list, createFile, createDirectory, clone, freeze, thaw, sync, link, rename, remove, truncate, lock
    case setMode, setOwner, getXattr, setXattr, getFlags, setFlags, lease, extents, identify, mount, unmount, loopDevice, run

    /// What was tried, as the words after "can't".
    var words: String {
        switch self {
        case .open: "open"
        case .read: "read"
        case .write: "write"
        case .status: "look at"
        case .list: "list"
        case .createFile: "make a file in"
        case .createDirectory: "make the directory"
        case .clone: "clone"
        case .freeze: "freeze"
        case .thaw: "thaw"
        case .sync: "write out"
        case .link: "give a name to"
        case .rename: "rename"
        case .remove: "remove"
        case .truncate: "set the length of"
        case .lock: "lock"
        case .setMode: "set the mode of"
        case .setOwner: "set the owner of"
        case .getXattr: "read the extended attributes of"
        case .setXattr: "write the extended attributes of"
        case .getFlags: "read the inode flags of"
        case .setFlags: "set the inode flags of"
        case .lease: "take a lease on"
        case .extents: "read the extent map of"
        case .identify: "identify the filesystem of"
        case .mount: "mount"
        case .unmount: "unmount"
        case .loopDevice: "set up a loop device for"
        case .run: "run"
        }
    }
}
