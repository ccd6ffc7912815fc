// The sentences of CloneError. The rule: the path first, lower case, no full stop; a hint wherever somebody can do something.

internal import Glibc
internal import SystemPackage

extension CloneError {
    public var message: String {
        switch self {
        case .noSuchFile(let path): "\(path): no such file"
        case .notAnImage(let path, let kind): "\(path): \(kind.rawValue), not an image file"
        case .emptyImage(let path): "\(path): the file is empty, so it holds no filesystem"
        case .sameFile(let source, let destination): "\(destination): it is the same file as \(source)"
        case .differentFilesystem(let image, let directory): "\(directory): it is on another filesystem than \(image)"
        case .cannotShareBlocks(let directory, let filesystem): "\(directory): \(filesystem) can't share blocks between files here"
        case .cloneRefused(let image, let directory): "\(image): the kernel refused to clone it into \(directory)"
        case .swapFile(let path): "\(path): it is in use as swap space"
        case .readOnly(let path): "\(path): the filesystem is mounted read-only"
        case .full(let path): "\(path): no space left"
        case .inputOutput(let path, let call): "\(path): I/O error while trying to \(call.words) it"
        case .openForWriting(let path): "\(path): not mounted here, but open for writing, perhaps by a virtual machine"
        case .cannotProveUnused(let path): "\(path): can't tell whether somebody is writing to it"
        case .notPermitted(let path, let call): "\(path): not permitted to \(call.words) it"
        case .needsRootToFreeze(let mountPoint): "\(mountPoint): only root may freeze the filesystem inside a mounted image"
        case .frozenByAnother(let mountPoint): "\(mountPoint): frozen already, by something that is not losnap"
        case .cannotFreeze(let mountPoint, let filesystem): "\(mountPoint): \(filesystem) can't be frozen"
        case .windowBroken(.deadline(let milliseconds), let mountPoint):
            "\(mountPoint): thawed at the deadline of \(milliseconds) ms, before the clone was finished; there is no snapshot"
        case .windowBroken(.thawedEarly, let mountPoint):
            "\(mountPoint): somebody else thawed it before the clone was finished; there is no snapshot"
        case .windowBroken(.guardThawed, let mountPoint): "\(mountPoint): the thaw guard ended the freeze; there is no snapshot"
        case .windowBroken(.mountsChanged, let image):
            "\(image): what is mounted from it changed while the clone was taken; there is no snapshot"
        case .windowBroken(.blocksMoved, let image):
            "\(image): its filesystem moves blocks about, so that extent maps can't be compared; there is no snapshot"
        case .freezeTooLong(let image, _, let predicted, let limit, let extents, let way, let others):
            """
            \(image): with \(extents) extents it\(others > 0 ? ", together with \(others) more of its group," : "") would be frozen for about \
            \(predicted) ms (\(way.rawValue)), and \(limit) ms are allowed
            """
        case .trackingImpossible(let path, let refusal): "\(path): writes to it can't be tracked: \(refusal.words)"
        case .trackingMissed(let path, let offset, let length):
            "\(path): \(length) bytes at \(offset) have changed without a record of a write; there is no snapshot"
        case .stillFrozen(let mountPoint): "\(mountPoint): could not be thawed; the thaw guard goes on trying"
        case .unmountedWhileFrozen(let mountPoint): "\(mountPoint): it was unmounted while frozen, so it can't be thawed"
        case .thawBlocked(let mountPoint): "\(mountPoint): thawing it waits for something else, and has been left to itself"
        case .outputInside(let stream, let mountPoint):
            "\(stream) is a file on \(mountPoint), which is to be frozen: writing to it would hang"
        case .runtimeInside(let directory, let mountPoint):
            "\(directory): locks and freeze records are to lie there, on \(mountPoint), which is to be frozen"
        case .runtimeExposed(let path, let exposure): "\(path): \(exposure.words)"
        case .destinationOfAnother(let path, let user, let source):
            "\(path): belongs to user \(user), who would become the owner of a clone of \(source)"
        case .linkOfAnother(let path, let user):
            "\(path): the symbolic link belongs to user \(user), who could redirect it"
        case .locked(let what, let holder): "\(what): locked by another losnap" + (holder.map { " (\($0))" } ?? "")
        case .interrupted(let signal): "interrupted by \(signalName(signal)) before anything was done"
        case .noGuard(let error): "the thaw guard could not be started: \(error.description)"
        case .notAMountPoint(let path, let mountPoint): "\(path): not a mount point; it is a directory of what is mounted at \(mountPoint)"
        case .notOnAnImage(let mountPoint, let device): "\(mountPoint): \(device) is mounted there, which is no image on a loop device"
        case .imageNotFound(let mountPoint, let path): "\(mountPoint): the image behind it can't be found by its path \(path)"
        case .mountsChanging(let path): "\(path): a mount or unmount is in progress"
        case .tooManyMounts(let milliseconds): "the mounts of other namespaces could not be read in \(milliseconds / 1000) s"
        case .prepareTooLong(let step, let path, let limit):
            "\(path): \(step.words) took longer than \(limit / 1000) s; no clone was made, and nothing is frozen"
        case .poolHasNoUUID(let path, let filesystem): "\(path): \(filesystem) has no UUID by which it could be recognised"
        case .partitioned(let path): "\(path): it begins with a partition table, not with a filesystem"
        case .unknownFilesystem(let path): "\(path): there is no XFS, ext4 or btrfs at its start"
        case .notADirectory(let path): "\(path): not a directory"
        case .scratchInTheWay(let directory): "\(directory): a snapshot is mounted there already"
        case .mountPointTaken(let directory): "\(directory): something is mounted there already, and would be hidden"
        case .sameUUIDMounted(let path, let filesystem):
            "\(path): its original is mounted, and this kernel can't mount two \(filesystem) with one UUID"
        case .cannotMount(let path, let filesystem, let error): "\(path): can't mount the \(filesystem) in it: \(error.description)"
        case .notAScratchMount(let path): "\(path): no snapshot is mounted there by losnap"
        case .mountBusy(let directory): "\(directory): it is in use, so it can't be unmounted"
        case .refused(let refusal): refusal.message
        case .system(let call, let path, let error): "\(path): can't \(call.words) it: \(error.description)"
        }
    }

    public var hint: String? { hint { _ in true } }

    public func hint(offering has: (String) -> Bool) -> String? {
        let live = has("--consistency") ? ", or take it as it is with --consistency crash" : ""
        return switch self {
        case .noSuchFile: "check the path"
        case .notAnImage: "name the image file itself, or a mount point of the filesystem inside it"
        case .emptyImage: "make a filesystem in it first, or name another file"
        case .sameFile: "choose another destination"
        case .differentFilesystem:
            "clones share blocks, so they lie on one filesystem with what they are clones of: choose a directory there; cp makes full copies"
        case .cannotShareBlocks: "move the image to XFS made with reflink (mkfs.xfs -m reflink=1, today's default), or to btrfs"
        case .cloneRefused: "see that both have the same chattr +C setting, and that the image is not being resized"
        case .swapFile: "run swapoff on it first"
        case .readOnly: "mount it writable again; after an error the kernel's log (dmesg) says why it went read-only"
        case .full: "free some space: `losnap prune` or `losnap delete` remove snapshots also on a full disk"
        case .inputOutput(_, .freeze), .inputOutput(_, .sync):
            "if the pool is full (df), free some space there; else look into the kernel's log (dmesg) and check the disk"
        case .inputOutput: "look into the kernel's log (dmesg) and check the disk"
        case .openForWriting(let path):
            "shut down what has it open (`fuser -v \(path.shellWord)` shows it)" + live
        case .cannotProveUnused: "run losnap as root or as the image's owner" + live
        case .notPermitted(_, .loopDevice), .notPermitted(_, .mount), .notPermitted(_, .unmount): "run losnap as root"
        case .notPermitted: "run losnap as root, or as the owner of the image"
        case .needsRootToFreeze: "run losnap as root"
        case .frozenByAnother(let mountPoint):
            "wait until it has finished and try again; if nothing is at work, thaw it with `fsfreeze -u \(mountPoint.shellWord)`"
        case .cannotFreeze: "unmount it first" + live
        case .windowBroken(.deadline, _):
            "try again when the disk is less busy" + (has("--max-freeze") ? ", or allow more with --max-freeze" : "")
        case .windowBroken(.mountsChanged, _): "try again when mounting and unmounting is done"
        case .windowBroken(.blocksMoved, let image):
            "wait until `btrfs balance status \(FilePath(image).removingLastComponent().string.shellWord)` finds none"
                + (has("--clone") ? ", or use --clone plain" : "") + ", and try again"
        case .windowBroken: "see that no other backup program freezes the same filesystem, and try again"
        case .freezeTooLong(let image, let pool, _, _, _, let way, _): Self.hint(freezingLess: image.shellWord, on: pool, way, has)
        case .trackingImpossible:
            has("--clone")
                ? "take it with --clone maps: then the extent maps are compared"
                : "let losnap choose how to clone: leave `clone: tracked` out of the configuration"
        case .trackingMissed: has("--clone") ? "take it with --clone maps, and report this" : "try again, and report this"
        case .stillFrozen(let mountPoint): "run `losnap thaw`, or `fsfreeze -u \(mountPoint.shellWord)`"
        case .unmountedWhileFrozen: "mount it again: it comes back frozen, and `losnap thaw` thaws it then"
        case .thawBlocked:
            "if its image lies on a filesystem that is frozen (`losetup --list` shows where), thaw that one with `fsfreeze -u` first; then run `losnap thaw`"
        case .outputInside: "redirect the output to a place outside the image"
        case .runtimeInside: "set LOSNAP_RUNTIME_DIR to a directory outside the image, such as /run/losnap, and try again"
        case .runtimeExposed(let path, .writable):
            "take that right away with `chmod go-w \(path.shellWord)`, or set LOSNAP_RUNTIME_DIR to a directory of your own elsewhere"
        case .runtimeExposed: "set LOSNAP_RUNTIME_DIR to a directory that is yours, in directories that are yours or root's"
        case .destinationOfAnother(let path, _, _):
            "choose another name, or delete it first: `rm \(path.shellWord)`; a new file gets the image's owner and mode"
        case .linkOfAnother(let path, _):
            "use the path it points to, or if you trust it, as root: `chown -h root \(path.shellWord)`"
        case .locked: "wait for it to finish" + (has("--wait") ? ", or use --wait" : " and try again")
        case .interrupted: "run it again"
        case .noGuard: "nothing was frozen; free some memory or processes and try again"
        case .notAMountPoint(_, let mountPoint): "name the mount point \(mountPoint), or the image file itself"
        case .notOnAnImage: "name an image file, or a mount point of the filesystem inside one"
        case .imageNotFound: "name the image file itself; `losetup --list` shows what is attached"
        case .mountsChanging: "wait until it has finished, then try again"
        case .tooManyMounts:
            "list namespaces and their users with `lsns -t mnt`; end the processes with very many mounts, then try again"
                + (has("--max-prepare") ? "; or allow more with --max-prepare" : "")
        case .prepareTooLong(let step, let path, _):
            (step == .writingOut
                ? "try again when the disk is less busy" : "see what else uses the image with `fuser -v \(path.shellWord)`, then try again")
                + (has("--max-prepare") ? ", or allow more with --max-prepare" : "")
        case .poolHasNoUUID: "keep images and snapshots on XFS or btrfs"
        case .partitioned(let path):
            "attach a copy by hand: `losetup --find --show --read-only --partscan \(path.shellWord)`, and mount a partition of it"
        case .unknownFilesystem: "restore it with `losnap restore --to PATH`, and look into that copy by other means"
        case .notADirectory: "make it first with mkdir, or name another directory"
        case .mountPointTaken: "choose an empty directory of its own"
        case .scratchInTheWay(let directory): "choose another directory, or unmount it with `losnap umount \(directory.shellWord)`"
        case .sameUUIDMounted: "Linux 6.7 and later can; until then unmount the original first"
        case .cannotMount: "the kernel's log (dmesg) says why; if the snapshot's consistency is crash, repair a copy of it"
        case .notAScratchMount: "`losnap mount` shows what it has mounted; for anything else use umount(8)"
        case .mountBusy(let directory): "end what uses it (`fuser -vm \(directory.shellWord)` shows it) and try again"
        case .refused(.attachedNotMounted(_, let device)): "mount it, or detach it with `losetup -d \(device)`" + live
        case .refused(let refusal): refusal.hint
        case .system(_, _, .noFunction): callForbidden
        case .system(.lock, let path, .isDirectory), .system(.lock, let path, .tooManySymbolicLinkLevels):
            "no losnap has made that: move it away with `mv \(path.shellWord) \(path.shellWord).away`, and try again"
        case .system(.write, let path, .isDirectory): "name a file in it, such as \((path + "/losnap.prom").shellWord)"
        case .system(_, _, let error): Self.passing[error]
        }
    }

    /// What to do about errors that have little to do with what was tried.
    private static let passing: [Errno: String] = [
        .noMemory: "free some memory, or raise the limit that it has (`ulimit -v`, the control group's), and try again",
        .tooManyOpenFiles: "allow more open files (`ulimit -n 1024`), and try again",
        .tooManyOpenFilesInSystem: "end what has so many files open, or raise the limit (`sysctl fs.file-max`), and try again",
        .fileTooLarge: "allow larger files (`ulimit -f unlimited`), and try again",
        .resourceBusy: "something else is using it: try again in a moment",
        .interrupted: "something interrupted it: try again",
        .wouldBlock: "something else is using it: try again in a moment",
        .noLocks: "the kernel has no room for more locks: end what has so many, and try again",
    ]

    /// What to do about ENOSYS: losnap asks for nothing that its kernels lack, but a filter may answer so (systemd's RestrictSUIDSGID= does for
    /// openat2(2), whose arguments it can't look at).
    package static var callForbidden: String {
        "a filter of system calls forbids openat2(2): take RestrictSUIDSGID= out of the systemd unit, or allow the call in the container"
    }

    private var callForbidden: String { Self.callForbidden }

    public var code: String {
        switch self {
        case .noSuchFile: "no_such_file"
        case .notAnImage: "not_an_image"
        case .emptyImage: "empty_image"
        case .sameFile: "same_file"
        case .differentFilesystem: "different_filesystem"
        case .cannotShareBlocks: "cannot_share_blocks"
        case .cloneRefused: "clone_refused"
        case .swapFile: "swap_file"
        case .readOnly: "read_only"
        case .full: "full"
        case .inputOutput: "input_output"
        case .openForWriting: "open_for_writing"
        case .cannotProveUnused: "cannot_prove_unused"
        case .notPermitted: "not_permitted"
        case .needsRootToFreeze: "needs_root"
        case .frozenByAnother: "frozen_by_another"
        case .cannotFreeze: "cannot_freeze"
        case .windowBroken: "window_broken"
        case .freezeTooLong: "freeze_too_long"
        case .trackingImpossible: "tracking_impossible"
        case .trackingMissed: "tracking_missed"
        case .stillFrozen: "still_frozen"
        case .unmountedWhileFrozen: "unmounted_while_frozen"
        case .thawBlocked: "thaw_blocked"
        case .outputInside: "output_inside"
        case .runtimeInside: "runtime_inside"
        case .runtimeExposed: "runtime_exposed"
        case .linkOfAnother: "link_of_another"
        case .destinationOfAnother: "destination_of_another"
        case .locked: "locked"
        case .interrupted: "interrupted"
        case .noGuard: "no_guard"
        case .notAMountPoint: "not_a_mount_point"
        case .notOnAnImage: "not_on_an_image"
        case .imageNotFound: "image_not_found"
        case .mountsChanging: "mounts_changing"
        case .tooManyMounts: "too_many_mounts"
        case .prepareTooLong: "prepare_too_long"
        case .poolHasNoUUID: "pool_has_no_uuid"
        case .partitioned: "partitioned"
        case .unknownFilesystem: "unknown_filesystem"
        case .notADirectory: "not_a_directory"
        case .scratchInTheWay: "scratch_in_the_way"
        case .mountPointTaken: "mount_point_taken"
        case .sameUUIDMounted: "same_uuid_mounted"
        case .cannotMount: "cannot_mount"
        case .notAScratchMount: "not_a_scratch_mount"
        case .mountBusy: "mount_busy"
        case .refused: "freeze_refused"
        case .system: "system"
        }
    }

    public var category: ErrorCategory {
        switch self {
        case .noSuchFile, .imageNotFound: .notFound
        case .notAnImage, .emptyImage, .sameFile, .outputInside, .runtimeInside, .swapFile, .notAMountPoint, .notOnAnImage, .notADirectory:
            .usage
        case .partitioned, .notAScratchMount: .usage
        case .unknownFilesystem, .cannotMount: .data
        case .poolHasNoUUID, .differentFilesystem, .cannotShareBlocks, .readOnly, .cloneRefused: .pool
        case .full: .full
        case .inputOutput: .io
        case .openForWriting, .frozenByAnother, .windowBroken, .locked, .interrupted, .noGuard: .busy
        case .scratchInTheWay, .mountPointTaken, .sameUUIDMounted, .mountBusy: .busy
        case .mountsChanging, .tooManyMounts, .prepareTooLong, .refused(.suspended): .busy
        case .cannotProveUnused, .notPermitted, .needsRootToFreeze, .runtimeExposed, .linkOfAnother,
            .destinationOfAnother:
            .permission
        case .freezeTooLong, .trackingImpossible, .trackingMissed: .failed
        case .thawBlocked, .unmountedWhileFrozen: .busy
        case .cannotFreeze, .stillFrozen, .system: .failed
        // Of a mount that root doesn't get at, no permission is missing.
        case .refused(.unreachableNamespace), .refused(.hiddenMount): geteuid() == 0 ? .busy : .permission
        case .refused: .failed
        }
    }
}

extension CloneError {
    /// What makes a freeze shorter, the quickest first.
    private static func hint(freezingLess image: String, on pool: String, _ way: CloneWay, _ has: (String) -> Bool) -> String {
        let tracking: String? =
            switch way {
            case .plain: has("--clone") ? "take it with --clone tracked" : "let losnap choose how to clone"
            case .maps: "let writes be tracked (losnap(8), CLONING)"
            case .tracked: nil
            }
        let whole: String =
            switch pool {
            case "xfs":
                "defragment it while little is written, with `xfs_fsr -v \(image)`, and keep new pieces from being small, with "
                    + "`xfs_io -c 'cowextsize 1m' \(image)`"
            case "btrfs": "defragment it with `btrfs filesystem defragment \(image)`"
            default: "have it in fewer pieces"
            }
        return [has("--max-freeze") ? "allow more with --max-freeze" : nil, tracking, whole].compactMap(\.self).joined(separator: "; or ")
    }
}
