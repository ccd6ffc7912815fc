// What an image is besides its bytes: no-copy-on-write, project id, extent size hints. They go along with clone and restore. The rule:
// set on the empty file, before the first block, for later the kernel refuses (and FICLONE wants nodatacow equal on both).

internal import SystemPackage

/// The traits of an image file that a clone must share.
public struct ImageTraits: Sendable, Hashable {
    /// btrfs: written in place (chattr +C), as libvirt sets it.
    public var isNoCopyOnWrite: Bool
    /// XFS: project id and extent size hints; nil where the filesystem has none.
    public var hints: ExtentHints?

    /// Traits as remembered.
    public init(isNoCopyOnWrite: Bool, hints: ExtentHints?) {
        self.isNoCopyOnWrite = isNoCopyOnWrite
        self.hints = hints
    }

    /// The traits of an open file.
    package init(of file: OpenFile, kernel: Kernel) throws(CloneError) {
        do {
            isNoCopyOnWrite = try kernel.inodeFlags(file.descriptor).contains(.noCopyOnWrite)
        } catch .inappropriateIOCTLForDevice, .notSupported, .invalidArgument {
            isNoCopyOnWrite = false
        } catch {
            throw CloneError(error, .getFlags, file.path)
        }
        // Only XFS gives these fields a meaning that lasts.
        let magic = try calling(.identify, file.path) { () throws(Errno) in try kernel.filesystemStatus(file.descriptor).magic }
        hints = filesystemName(magic: magic) == "xfs" ? try? kernel.extentHints(file.descriptor) : nil
    }

    /// Gives an empty file these traits.
    package func apply(to file: OpenFile, kernel: Kernel) throws(CloneError) {
        do {
            let flags = try kernel.inodeFlags(file.descriptor)
            if flags.contains(.noCopyOnWrite) != isNoCopyOnWrite {
                try kernel.setInodeFlags(file.descriptor, flags.symmetricDifference(.noCopyOnWrite))
            }
        } catch {
            let hasNone = error == .inappropriateIOCTLForDevice || error == .notSupported || error == .invalidArgument
            if !hasNone || isNoCopyOnWrite { throw CloneError(error, .setFlags, file.path) }
        }
        guard let hints, let own = try? kernel.extentHints(file.descriptor) else { return }
        var wanted = own
        let inherited = own.flags & ~(ExtentHints.extentSizeFlag | ExtentHints.cowExtentSizeFlag)
        wanted.flags = inherited | (hints.flags & (ExtentHints.extentSizeFlag | ExtentHints.cowExtentSizeFlag))
        wanted.extentSize = hints.flags & ExtentHints.extentSizeFlag != 0 ? hints.extentSize : 0
        wanted.cowExtentSize = hints.flags & ExtentHints.cowExtentSizeFlag != 0 ? hints.cowExtentSize : 0
        // A directory with an inherited project of its own takes no file of another (linkat: EXDEV), so that one stays.
        if own.projectID == 0 { wanted.projectID = hints.projectID }
        guard wanted != own else { return }
        do {
            try kernel.setExtentHints(file.descriptor, wanted)
        } catch .notPermitted, .permissionDenied, .invalidArgument {
            // A project id takes root's rights; hints are an optimisation. The clone is right without them.
        } catch {
            throw CloneError(error, .setFlags, file.path)
        }
    }
}

extension ExtentHints {
    /// FS_XFLAG_EXTSIZE and FS_XFLAG_COWEXTSIZE (linux/fs.h).
    static let extentSizeFlag: UInt32 = 0x800
    static let cowExtentSizeFlag: UInt32 = 0x10000

    /// Hints as remembered: 0 for none.
    public init(extentSize: UInt32, projectID: UInt32, cowExtentSize: UInt32) {
        let flags = (extentSize > 0 ? Self.extentSizeFlag : 0) | (cowExtentSize > 0 ? Self.cowExtentSizeFlag : 0)
        self.init(flags: flags, extentSize: extentSize, projectID: projectID, cowExtentSize: cowExtentSize)
    }

    /// The extent size hint in bytes, if it is in force.
    public var extentSizeInForce: UInt32? { flags & Self.extentSizeFlag != 0 ? extentSize : nil }

    /// The copy-on-write extent size hint in bytes, if it is in force.
    public var cowExtentSizeInForce: UInt32? { flags & Self.cowExtentSizeFlag != 0 ? cowExtentSize : nil }
}
