// Which process it was, though its number may have been given to another since: pid and start time (proc_pid_stat(5), field 22).

internal import Glibc

/// A process, told apart from a later one of the same number.
package struct ProcessIdentity: Sendable, Hashable {
    /// Its number.
    package var pid: Int32
    /// When it started, in clock ticks since boot.
    package var startTime: UInt64

    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has this number now; nil if there is none.
    package init?(pid: Int32) {
        guard let stat = readSmallFile("/proc/\(pid)/stat") else { return nil }
        // The second field is the command in parentheses and may hold anything; what counts comes after the last one.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]), fields[0] != "Z", fields[0] != "X" else { return nil }
        self.init(pid: pid, startTime: start)
    }

    /// Whether this very process is still there.
    package var isAlive: Bool { ProcessIdentity(pid: pid) == self }
}

/// The id of this boot (random(4)), which changes with every start of the kernel.
package func currentBootID() -> String {
    (readSmallFile("/proc/sys/kernel/random/boot_id") ?? "unknown").split(whereSeparator: \.isWhitespace).joined()
}
