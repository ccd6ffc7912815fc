// Collects what a child writes, on a thread of its own: a child is never blocked by a full pipe, however much it
// writes and whether or not a test is waiting for it.

import Foundation
import Glibc
import Synchronization

final class ChildOutput: Sendable {
    private struct Collected {
        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
        var closed = false
    }

    private let collected = Mutex(Collected())

    init(stdout: Int32, stderr: Int32) {
        Thread.detachNewThread { [self] in collect(stdout, stderr) }
    }

    var text: (stdout: String, stderr: String) {
        collected.withLock { (String(decoding: $0.stdout, as: UTF8.self), String(decoding: $0.stderr, as: UTF8.self)) }
    }

    /// False when somebody still holds a stream open after `limit`.
    func waitForClose(within limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        while !collected.withLock({ $0.closed }) {
            if ContinuousClock.now > end { return false }
            usleep(1000)
        }
        return true
    }

    private func collect(_ stdout: Int32, _ stderr: Int32) {
        var streams = [pollfd(fd: stdout, events: Int16(POLLIN), revents: 0), pollfd(fd: stderr, events: Int16(POLLIN), revents: 0)]
        var buffer = [UInt8](repeating: 0, count: 65536)
        // A negative descriptor is skipped by poll.
        while streams.contains(where: { $0.fd >= 0 }) {
            guard Glibc.poll(&streams, nfds_t(streams.count), -1) > 0 else { continue }
            for index in streams.indices where streams[index].fd >= 0 && streams[index].revents != 0 {
                let count = read(streams[index].fd, &buffer, buffer.count)
                if count > 0 {
                    collected.withLock { collected in
                        if index == 0 { collected.stdout += buffer[..<count] } else { collected.stderr += buffer[..<count] }
                    }
                } else if count == 0 || errno != EINTR {
                    close(streams[index].fd)
                    streams[index].fd = -1
                }
            }
        }
        collected.withLock { $0.closed = true }
    }
}
