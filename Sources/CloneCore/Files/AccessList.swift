// Access lists (acl(5)) as the kernel has them in an extended attribute. The rule: a file that takes the place of an image has the image's list or none,
// never the one that its directory gives to each new file: a mode set later would put that into force.

internal import SystemPackage

/// An access list.
package struct AccessList: Sendable, Hashable {
    /// The attribute that holds it.
    package static let name = "system.posix_acl_access"

    private static let ownerTag: UInt8 = 0x01
    private static let groupTag: UInt8 = 0x04
    private static let otherTag: UInt8 = 0x20
    private static let version: [UInt8] = [2, 0, 0, 0]

    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// The one that says no more than a mode; the kernel keeps no list then.
    package init(mode: UInt32) {
        func entry(_ tag: UInt8, _ shift: UInt32) -> [UInt8] { [tag, 0, UInt8(mode >> shift & 7), 0, 0xFF, 0xFF, 0xFF, 0xFF] }
        bytes = Self.version + entry(Self.ownerTag, 6) + entry(Self.groupTag, 3) + entry(Self.otherTag, 0)
    }

    /// What the owning group may do, without the mask; nil where that can't be read.
    package var groupPermissions: UInt32? {
        stride(from: 4, to: bytes.count - 7, by: 8).first { bytes[$0] == Self.groupTag }.map { UInt32(bytes[$0 + 2] & 7) }
    }

    /// Takes away the list that a new file got from its directory, if it got one. The file is to have that mode.
    package static func drop(from file: OpenFile, mode: UInt32, kernel: Kernel) throws(CloneError) {
        guard (try? kernel.getXattr(file.descriptor, name)) != nil else { return }
        try calling(.setXattr, file.path) { () throws(Errno) in
            try kernel.setXattr(file.descriptor, name, AccessList(mode: mode).bytes)
        }
    }
}
