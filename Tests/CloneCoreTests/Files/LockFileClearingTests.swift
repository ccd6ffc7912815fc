// Lock files that are cleared away while others come for them: at any moment one holds the lock of a name, and not two.

import CloneCore
import Foundation
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Clearing lock files", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct LockFileClearingTests {
    private let image = FileIdentity(device: 7, inode: 9)

    private func places(_ scope: TestScope) throws -> RuntimePlaces {
        RuntimePlaces(under: try scope.freshDirectory("run", mode: 0o700).string)
    }

    @Test("a lock that is held stays; one that nobody holds goes, and only of images that are not kept")
    func held() throws {
        try TestScope.with { scope in
            let places = try places(scope)
            let directory = try openPrivateDirectory(places.locks, kernel: .linux)
            func take(_ name: String) throws(CloneError) -> FileLock {
                try FileLock.take(name, for: name, in: directory, waiting: .none, kernel: .linux)
            }
            for name in ["image-7-9", "image-7-10", "hooks-7-11", "directory-7-9", "runs"] { _ = try take(name) }
            let lock = try take("image-7-12")
            clearImageLocks(in: places, except: [image], kernel: .linux)
            #expect(listDirectory(directory, kernel: .linux).sorted() == ["directory-7-9", "image-7-12", "image-7-9", "runs"])
            clearImageLocks(of: [image, FileIdentity(device: 7, inode: 12)], in: places, kernel: .linux)
            #expect(listDirectory(directory, kernel: .linux).sorted() == ["directory-7-9", "image-7-12", "runs"])
            withExtendedLifetime(lock) {}
        }
    }

    @Test("who got the lock of a file that was cleared away in the meantime takes the one that has the name")
    func clearedMeanwhile() throws {
        try TestScope.with { scope in
            let places = try places(scope)
            let directory = try openPrivateDirectory(places.locks, kernel: .linux)
            var kernel = Kernel.linux
            let turns = Mutex(0)
            kernel.lock = { (descriptor, wait) throws(Errno) in
                // Between the opening and the lock.
                if turns.withLock({
                    $0 += 1; return $0
                }) <= 2 {
                    try Kernel.linux.unlink(directory.descriptor, "image-7-9")
                }
                try Kernel.linux.lock(descriptor, wait)
            }
            let lock = try FileLock.ofImage(image, path: "image", in: directory, waiting: .none, kernel: kernel)
            #expect(turns.withLock { $0 } == 3)
            #expect(throws: CloneError.self) { try FileLock.ofImage(image, path: "image", in: directory, waiting: .none, kernel: .linux) }
            withExtendedLifetime(lock) {}
        }
    }

    @Test("many that take and clear at once exclude each other")
    func all() throws {
        try TestScope.with { scope in
            let places = try places(scope)
            let inside = Atomic(0)
            let most = Atomic(0)
            let taken = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: 6) { worker in
                for _ in 0..<300 {
                    if worker == 0 {
                        clearImageLocks(in: places, except: [], kernel: .linux)
                        continue
                    }
                    guard let directory = try? openPrivateDirectory(places.locks, kernel: .linux),
                        let lock = try? FileLock.ofImage(
                            image, path: "image", in: directory, waiting: LockWait(waits: worker % 2 == 0), kernel: .linux)
                    else { continue }
                    let now = inside.add(1, ordering: .sequentiallyConsistent).newValue
                    if now > most.load(ordering: .sequentiallyConsistent) { most.store(now, ordering: .sequentiallyConsistent) }
                    taken.add(1, ordering: .sequentiallyConsistent)
                    inside.subtract(1, ordering: .sequentiallyConsistent)
                    withExtendedLifetime(lock) {}
                }
            }
            #expect(most.load(ordering: .sequentiallyConsistent) == 1)
            #expect(taken.load(ordering: .sequentiallyConsistent) >= 600)
        }
    }
}
