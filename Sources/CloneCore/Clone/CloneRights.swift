// Who may do what with a clone that is put in the place of a file. The rule: nobody may read it who may not read the image (promise P7), whoever put
// what is replaced there, and whatever mode it has.

/// The rights of an image, as far as they bound those of its clones.
struct CloneRights {
    private let uid: UInt32
    private let gid: UInt32
    /// What the owning group may do: with an access list the mode's middle digit is the list's mask.
    private let group: UInt32
    private let others: UInt32

    init(of image: ImageFile, kernel: Kernel) {
        let status = image.status
        uid = status.uid
        gid = status.gid
        let list = (try? kernel.getXattr(image.file.descriptor, AccessList.name)).map(AccessList.init(bytes:))
        group = list.map { $0.groupPermissions ?? 0 } ?? status.permissions >> 3 & 7
        others = status.permissions & 7
    }

    /// Whether that user may own the clone: root and we can read everything, or the image at least; others own it, or may read it like all.
    func mayOwn(_ user: UInt32, ourselves: UInt32) -> Bool { user == uid || user == 0 || user == ourselves || others & 4 != 0 }

    /// The mode, or less, of a clone that belongs to that group.
    func bounded(_ mode: UInt32, group owner: UInt32) -> UInt32 {
        // Whoever is in another group is one of the others, for all we know.
        let forGroup = owner == gid ? group : others
        return mode & (0o700 | forGroup << 3 | others)
    }
}
