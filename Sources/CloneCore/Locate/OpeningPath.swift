// A path that opens one filesystem, wherever it is mounted now: for thawing, which can't wait. The rule: what is quick comes first: where it was
// mounted, then our own mounts, then the same place in other namespaces; the mounts of others are read last, and not for long.

extension SystemView {
    /// A path that opens the filesystem; nil: it is not mounted in reach. It was tried.
    ///
    /// - Parameters:
    ///   - device: its superblock's.
    ///   - uuid: of a btrfs, whose files are recognised by it alone.
    ///   - mountPoint: where it was mounted.
    ///   - limit: how long the mounts of other namespaces may be read.
    /// - Throws: `.tooManyMounts`, or that our own can't be read.
    func path(
        opening device: DeviceNumber, uuid: FilesystemUUID?, mountedAt mountPoint: String, limit: TimeLimit
    ) throws(CloneError) -> String? {
        func isOpened(by path: String) -> Bool {
            guard let identity = filesystem(path) else { return false }
            return uuid.map { $0 == identity.btrfsUUID } ?? (identity.device == device)
        }
        func find(in root: String) throws(CloneError) -> String? {
            var found: String?
            try readMounts(root, .filesystem(device), root.isEmpty ? nil : limit) { entry in
                let path = root + entry.mountPoint
                if isOpened(by: path) { found = path }
                return found == nil
            }
            return found
        }
        if isOpened(by: mountPoint) { return mountPoint }
        if let found = try find(in: "") { return found }
        let roots = otherRoots()
        for root in roots where isOpened(by: root + mountPoint) { return root + mountPoint }
        for root in roots {
            if let found = try find(in: root) { return found }
        }
        return nil
    }
}
