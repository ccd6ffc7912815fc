// A pool: a real filesystem in a sparse file of the test, mounted through a loop device. Images and snapshots lie in it.

package import SystemPackage

package struct Pool: Sendable {
    package let kind: Filesystem
    package let mount: Mount
    /// Nil for tmpfs.
    package let device: LoopDevice?

    /// Its mount point.
    package var path: FilePath { mount.path }
}

extension TestScope {
    /// Makes and mounts a pool.
    ///
    /// - Parameters:
    ///   - name: for tests of odd mount points (spaces, tabs, backslashes).
    ///   - blockBytes: of an ext4, which has blocks of 1 KiB below 512 MiB unless told.
    package func pool(
        _ kind: Filesystem = .xfs, size: Int = 1 << 30, options: String = "defaults", name: String? = nil, blockBytes: Int? = nil
    ) throws -> Pool {
        let path = name.map { directory.appending($0) } ?? freshPath("pool")
        try makeDirectory(path)
        guard kind != .tmpfs else {
            return Pool(kind: kind, mount: try mount("none", at: path, ["-t", "tmpfs", "-o", "\(options),size=\(size)"]), device: nil)
        }
        let file = freshPath("pool-file")
        try makeSparseFile(file, size: size)
        try kind.make(on: file, blockBytes: blockBytes)
        let device = try attach(file)
        return Pool(kind: kind, mount: try mount(device.path, kind, at: path, options: options), device: device)
    }
}
