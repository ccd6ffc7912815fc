// An image: a sparse file with a filesystem inside, in a pool or in another image that is mounted. The pieces can be
// put together by hand for the unusual ones (several filesystems in one image by offset, several loop devices, bind
// mounts): `makeSparseFile`, `attach`, `Filesystem.make(on:)`, `mount`, `bindMount`.

import Glibc
package import SystemPackage

/// An image, attached and mounted.
package struct MountedImage: Sendable {
    /// The image file.
    package let file: FilePath
    package let kind: Filesystem
    package let device: LoopDevice
    package let mount: Mount

    /// Its mount point.
    package var path: FilePath { mount.path }
}

extension TestScope {
    /// Makes a file of a size that takes no space.
    package func makeSparseFile(_ path: FilePath, size: Int, mode: FilePermissions = .ownerReadWrite) throws {
        let file = try FileDescriptor.open(path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: mode)
        defer { try? file.close() }
        guard ftruncate(file.rawValue, size) == 0 else { throw FixtureError("truncate \(path): \(Errno(rawValue: errno))") }
    }

    /// Makes an image that is not attached; nil for `kind` leaves it all zeros.
    package func image(
        _ name: String = "home.img", in directory: FilePath, _ kind: Filesystem? = .ext4, size: Int? = nil
    ) throws -> FilePath {
        let path = directory.appending(name)
        try makeSparseFile(path, size: size ?? kind?.smallSize ?? 1 << 20)
        try kind?.make(on: path)
        KernelAccess.record("image \(kind?.rawValue ?? "blank")")
        return path
    }

    /// Makes an image, attaches it and mounts it.
    package func mountedImage(
        _ name: String = "home.img", in directory: FilePath, _ kind: Filesystem = .ext4, size: Int? = nil,
        loop: LoopOptions = LoopOptions(), options: String = "defaults", at mountPoint: FilePath? = nil
    ) throws -> MountedImage {
        let file = try image(name, in: directory, kind, size: size)
        return try mountImage(file, kind, loop: loop, options: options, at: mountPoint)
    }

    /// Attaches and mounts an image that exists.
    package func mountImage(
        _ file: FilePath, _ kind: Filesystem, loop: LoopOptions = LoopOptions(), options: String = "defaults",
        at mountPoint: FilePath? = nil
    ) throws -> MountedImage {
        let device = try attach(file, loop)
        let mount = try mount(device.path, kind, at: mountPoint, options: loop.readOnly ? "\(options),ro" : options)
        return MountedImage(file: file, kind: kind, device: device, mount: mount)
    }
}
