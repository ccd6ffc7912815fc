// Reading an image's attributes from its inode, and giving them to another. The rule: what a snapshot remembers is enough to make a
// deleted image anew; what the user may not set is left as it is.

import CloneCore
import SystemPackage

/// The access list's attribute (acl(5)).
private let accessListName = "system.posix_acl_access"
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
            accessList: try? kernel.getXattr(file.descriptor, accessListName),
            security: security, isNoCOW: traits.isNoCopyOnWrite, project: traits.hints?.projectID,
            extentSize: traits.hints?.extentSizeInForce, cowExtentSize: traits.hints?.cowExtentSizeInForce)
    }

    /// The part that must be set on a file while it is empty.
    var traits: ImageTraits {
        ImageTraits(
            isNoCopyOnWrite: isNoCOW,
            hints: project.map { ExtentHints(extentSize: extentSize ?? 0, projectID: $0, cowExtentSize: cowExtentSize ?? 0) })
    }

    /// Gives a file owner, mode, access list and security attributes, as far as the user may.
    func apply(to file: OpenFile, kernel: Kernel) throws(SnapshotsError) {
        // Owner first: chown takes set-id bits away (chown(2)); a user can't give files away, and keeps them.
        try? kernel.setOwner(file.descriptor, user, group)
        for (name, value) in security { try? kernel.setXattr(file.descriptor, name, value) }
        if let accessList { try? kernel.setXattr(file.descriptor, accessListName, accessList) }
        try beneath { () throws(CloneError) in
            try calling(.setMode, file.path) { () throws(Errno) in try kernel.setMode(file.descriptor, mode) }
        }
    }
}
