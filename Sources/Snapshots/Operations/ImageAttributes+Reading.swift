// Reading an image's attributes from its inode, and giving them to another. The rule: what a snapshot remembers is enough to make a
// deleted image anew; what the user may not set is left as it is.

import CloneCore
import SystemPackage

/// Attributes that bind to the very inode or its content, and would be wrong on another.
private let boundNames: Set<String> = ["security.ima", "security.evm", "security.capability"]

extension ImageAttributes {
    /// The attributes of an open image.
    init(of file: OpenFile, kernel: Kernel) throws(SnapshotsError) {
        let status = try beneath { () throws(CloneError) in try file.status() }
        let traits = try beneath { () throws(CloneError) in try ImageTraits(of: file, kernel: kernel) }
        var security: [String: [UInt8]] = [:]
        for name in (try? kernel.listXattrs(file.descriptor)) ?? [] where name.hasPrefix("security.") && !boundNames.contains(name) {
            security[name] = try? kernel.getXattr(file.descriptor, name)
        }
        self.init(
            user: status.uid, group: status.gid, mode: status.permissions,
            accessList: try? kernel.getXattr(file.descriptor, AccessList.name),
            security: security, isNoCOW: traits.isNoCopyOnWrite, project: traits.hints?.projectID,
            extentSize: traits.hints?.extentSizeInForce, cowExtentSize: traits.hints?.cowExtentSizeInForce)
    }

    /// The part that must be set on a file while it is empty.
    var traits: ImageTraits {
        ImageTraits(
            isNoCopyOnWrite: isNoCOW,
            hints: project.map { ExtentHints(extentSize: extentSize ?? 0, projectID: $0, cowExtentSize: cowExtentSize ?? 0) })
    }

    /// Gives a file owner, mode, access list and security attributes, as far as the user may. What can't be given is left out in such a way
    /// that nobody may do more than with the image.
    func apply(to file: OpenFile, kernel: Kernel) throws(SnapshotsError) {
        // Owner first: chown takes set-id bits away (chown(2)); a user can't give files away, and keeps them.
        try? kernel.setOwner(file.descriptor, user, group)
        let status = try beneath { () throws(CloneError) in try file.status() }
        var mode = self.mode
        if status.uid != user || status.gid != group { mode &= 0o1777 }
        // The group that it has now was among the others.
        if status.gid != group { mode &= ~0o070 | (mode & 0o007) << 3 }
        for (name, value) in security { try? kernel.setXattr(file.descriptor, name, value) }
        let isListed = accessList.map { (try? kernel.setXattr(file.descriptor, AccessList.name, $0)) != nil } ?? false
        if !isListed {
            // With a list the mode's middle digit is its mask, not what the group may do.
            if let allowed = accessList.map({ AccessList(bytes: $0).groupPermissions ?? 0 }) { mode &= ~0o070 | allowed << 3 }
            try beneath { () throws(CloneError) in try AccessList.drop(from: file, mode: mode, kernel: kernel) }
        }
        try beneath { () throws(CloneError) in
            try calling(.setMode, file.path) { () throws(Errno) in try kernel.setMode(file.descriptor, mode) }
        }
    }
}
