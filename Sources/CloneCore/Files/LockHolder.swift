// Who holds a lock, for those who only look. The rule: the lock itself is not touched, for whoever tried it just then would find it held; the
// kernel's list of locks says it (proc_locks(5)).

internal import Glibc

/// The holder of a lock.
package struct LockHolder: Sendable, Hashable {
    /// Its process.
    package var pid: Int32
    /// Since when, in milliseconds since 1970: the lock file is written by whoever gets the lock.
    package var sinceMilliseconds: Int64

    /// How long the list may be read, in nanoseconds: any user can have as many locks as they like.
    private static let longestSearch: UInt64 = 1_000_000_000

    /// Who holds the lock `name` in that directory; nil: nobody, or it can't be told.
    package static func of(_ name: String, in directory: String) -> LockHolder? {
        var status = stat()
        guard lstat("\(directory)/\(name)", &status) == 0 else { return nil }
        let device = DeviceNumber(statusDevice: UInt64(status.st_dev))
        var holder: Int32?
        _ = readSystemLines("/proc/locks", longest: 128, limit: TimeLimit(longestSearch, kernel: .linux)) { line in
            holder = pid(holding: device, UInt64(status.st_ino), in: String(decoding: line, as: UTF8.self))
            return holder == nil
        }
        guard let pid = holder else { return nil }
        return LockHolder(pid: pid, sinceMilliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// Looks through lines such as `3: FLOCK  ADVISORY  WRITE 4711 00:1a:1234 0 EOF`; who waits has an arrow in front.
    package static func pid(holding device: DeviceNumber, _ inode: UInt64, in locks: String) -> Int32? {
        for line in locks.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 6, fields[1] == "FLOCK", fields[3] == "WRITE", let pid = Int32(fields[4]), pid > 0 else { continue }
            let place = fields[5].split(separator: ":")
            guard place.count == 3, UInt32(place[0], radix: 16) == device.major, UInt32(place[1], radix: 16) == device.minor,
                UInt64(place[2]) == inode
            else { continue }
            return pid
        }
        return nil
    }
}
