// What the image's inode had besides its bytes, so that a deleted image can be made anew. The rule: the values are carried, not
// understood: an access list and the security attributes are the kernel's bytes.

/// The attributes of an image at the time of a snapshot.
public struct ImageAttributes: Hashable, Sendable {
    /// The numeric user.
    public var user: UInt32
    /// The numeric group.
    public var group: UInt32
    /// The permission bits, set-id and sticky bits included (07777).
    public var mode: UInt32
    /// The bytes of `system.posix_acl_access`; nil when there is none.
    public var accessList: [UInt8]?
    /// Further security attributes by name (`security.selinux`), the kernel's bytes.
    public var security: [String: [UInt8]]
    /// Whether the file is nodatacow (btrfs).
    public var isNoCOW: Bool
    /// The project id (XFS); nil when the filesystem has none.
    public var project: UInt32?
    /// The extent size hint in bytes (XFS); nil when there is none.
    public var extentSize: UInt32?
    /// The extent size hint in bytes for copies on write (XFS); nil when there is none.
    public var cowExtentSize: UInt32?

    /// Those attributes.
    public init(
        user: UInt32, group: UInt32, mode: UInt32, accessList: [UInt8]? = nil, security: [String: [UInt8]] = [:], isNoCOW: Bool = false,
        project: UInt32? = nil, extentSize: UInt32? = nil, cowExtentSize: UInt32? = nil
    ) {
        self.user = user
        self.group = group
        self.mode = mode
        self.accessList = accessList
        self.security = security
        self.isNoCOW = isNoCOW
        self.project = project
        self.extentSize = extentSize
        self.cowExtentSize = cowExtentSize
    }
}
