// A second clone of an image, made by one call in the same freeze: what the job's own is held against.

internal import CloneCore
internal import Synchronization
internal import SystemPackage

final class Beside: Sendable {
    private let image: ImageFile
    private let clone: NamelessClone
    private let failure = Mutex<Errno?>(nil)

    init(_ target: CloneTarget) throws(CloneError) {
        image = target.image
        clone = try NamelessClone(of: target.image.file, in: target.directory, kernel: .linux)
    }

    /// While frozen. A window that is taken again takes this again.
    func take() {
        let failure: Errno?
        do {
            try Kernel.linux.truncate(clone.file.descriptor, 0)
            try Kernel.linux.clone(clone.file.descriptor, image.file.descriptor)
            failure = nil
        } catch {
            failure = error
        }
        self.failure.withLock { $0 = failure }
    }

    func publish(as path: String) throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
        try clone.publish(as: FilePath(path).lastComponent?.string ?? "")
    }
}
