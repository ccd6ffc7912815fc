// Clocks, files of /proc, flags and locks that several threads use.

import Foundation
import Glibc
import Synchronization

/// Seconds on a clock that only goes forward.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Seconds since 1970.
func wallClock() -> Double { Date().timeIntervalSince1970 }

func rest(_ seconds: Double) { usleep(UInt32(max(seconds, 0) * 1e6)) }

/// The text of a file of /proc, empty if it is gone.
func text(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// The names in a directory, sorted; none if it can't be read.
func names(in directory: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() }

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The children of a process.
func children(of pid: pid_t) -> [pid_t] { text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) } }

/// A yes or no that threads share.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set(_ to: Bool = true) { value.store(to, ordering: .relaxed) }

    /// Waits until it is set; false: it was not in that time.
    func wait(_ seconds: Double) -> Bool {
        let end = now() + seconds
        while !isSet {
            if now() >= end { return false }
            rest(min(0.05, end - now()))
        }
        return true
    }
}

/// A lock with a limit to waiting.
final class Gate: Sendable {
    private let lock = NSLock()
    func enter(within seconds: Double = 1e6) -> Bool { lock.lock(before: Date(timeIntervalSinceNow: seconds)) }
    func leave() { lock.unlock() }
}
