// The name of the extended attribute that holds a record or a directory's mark. The rule: what root writes only root may change, hence
// `trusted.`, which other users can't even see.

/// The extended attribute of losnap.
public enum RecordAttribute {
    /// Its name for the user of that number.
    public static func name(user: UInt32) -> String {
        user == 0 ? "trusted.losnap" : "user.losnap"
    }

    /// The longest a record may be, in bytes: under 8 KiB, which fits XFS and btrfs.
    public static let limit = 8191
}
