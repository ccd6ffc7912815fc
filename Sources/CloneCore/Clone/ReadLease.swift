// The proof that nobody has an image open for writing: a read lease (fcntl(2), F_SETLEASE). The rule: it is given back by name, however its owner ends.
// Closing the descriptor would not do: a child that was forked meanwhile has it too, until its exec, and whoever opens the image without waiting
// would be refused for that long.

internal import Glibc
internal import SystemPackage

/// A read lease on an image. Who wants to write the image waits until it is given back, at most for the kernel's patience.
final class ReadLease {
    private let image: ImageFile
    private let kernel: Kernel
    private let takenAt: UInt64
    private var isHeld = true

    /// - Throws: ``CloneError/openForWriting(path:)``; ``CloneError/cannotProveUnused(path:)`` where there are no leases.
    init(on image: ImageFile, kernel: Kernel) throws(CloneError) {
        takenAt = kernel.bootTime()
        do {
            try kernel.takeLease(image.file.descriptor)
        } catch .wouldBlock {
            throw .openForWriting(path: image.path)
        } catch {
            throw .cannotProveUnused(path: image.path)
        }
        self.image = image
        self.kernel = kernel
    }

    deinit { drop() }

    /// Ends the lease. One that was asked for meanwhile still kept the writer waiting, unless the kernel's patience had run out.
    ///
    /// - Throws: ``CloneError/openForWriting(path:)`` if somebody may have written.
    func giveBack() throws(CloneError) {
        let patience = readSmallFile("/proc/sys/fs/lease-break-time").flatMap { UInt64($0.filter(\.isNumber)) } ?? 45
        let held = (try? kernel.leaseHolds(image.file.descriptor)) ?? false
        let elapsed = kernel.bootTime() - takenAt
        drop()
        if !held, elapsed > patience * 1_000_000_000 { throw .openForWriting(path: image.path) }
    }

    private func drop() {
        guard isHeld else { return }
        isHeld = false
        try? kernel.dropLease(image.file.descriptor)
    }
}
