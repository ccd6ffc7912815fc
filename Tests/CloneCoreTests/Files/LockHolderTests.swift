// Who holds a lock: as the kernel writes it, and of a lock that this process holds.

import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("The holder of a lock")
struct LockHolderTests {
    private static let list = """
        1: POSIX  ADVISORY  WRITE 11 fe:01:742191 124 124
        2: FLOCK  ADVISORY  WRITE 12 fe:01:742191 0 EOF
        2: -> FLOCK  ADVISORY  WRITE 13 fe:01:742192 0 EOF
        3: FLOCK  ADVISORY  READ 14 fe:01:742193 0 EOF
        4: OFDLCK ADVISORY  WRITE -1 00:1a:5 0 EOF
        5: FLOCK  ADVISORY  WRITE 15 00:1a:5 0 EOF
        6: FLOCK  ADVISORY  WRITE 0 00:1a:6 0 EOF
        7: FLOCK ADVISORY
        nonsense
        8: FLOCK  ADVISORY  WRITE 16 00:1a 0 EOF
        """

    @Test(
        "in the kernel's list: who has it, not who waits for it, by device and inode",
        arguments: [
            (254, 1, 742_191, 12), (254, 1, 742_192, nil), (254, 1, 742_193, nil), (0, 26, 5, 15), (0, 26, 6, nil), (0, 27, 5, nil),
            (254, 0, 742_191, nil), (0, 26, 7, nil),
        ] as [(UInt32, UInt32, UInt64, Int32?)])
    func list(major: UInt32, minor: UInt32, inode: UInt64, pid: Int32?) {
        #expect(LockHolder.pid(holding: DeviceNumber(major: major, minor: minor), inode, in: Self.list) == pid)
    }

    @Test("of a real lock, before, while and after it is held")
    func real() throws {
        try TestScope.with { scope in
            let places = RuntimePlaces(under: scope.directory.string)
            #expect(LockHolder.of("x", in: places.locks) == nil)
            let directory = try openPrivateDirectory(places.locks, kernel: .linux)
            let before = Int64(time(nil)) * 1000
            var lock: FileLock? = try FileLock.take("x", for: "a test", in: directory, waiting: .none, kernel: .linux)
            let holder = try #require(LockHolder.of("x", in: places.locks))
            #expect(holder.pid == getpid() && holder.sinceMilliseconds >= before - 1000)
            withExtendedLifetime(lock) {}
            lock = nil
            // A child that another test is just starting has a copy of every descriptor until it runs its program.
            #expect(try waitUntil { LockHolder.of("x", in: places.locks) == nil })
        }
    }
}
