// Records violations, counts and latencies. A violation is printed and written to the log at once, with its evidence.

import Foundation
import Glibc
import Synchronization

/// The record of a storm.
final class Ledger: Sendable {
    /// How often something was refused in the same words, and the latest time.
    struct Refusals: Sendable {
        var count = 0
        var latest = ""
    }

    struct State: Sendable {
        var violations: [String] = []
        var notes: [String] = []
        var counts: [String: Int] = [:]
        /// Of commands that nobody disturbed, in seconds.
        var latencies: [String: [Double]] = [:]
        /// The most memory of a kind of command, in KiB.
        var peaks: [String: Int] = [:]
        var refusals: [String: Refusals] = [:]
        /// The longest write of each probe, in seconds.
        var longestWrites: [String: Double] = [:]
        var commands = 0
    }

    let state = Mutex(State())
    private let directory: String

    init(directory: String) { self.directory = directory }

    /// A promise that was broken.
    func violation(_ what: String, _ evidence: String = "") {
        let line = "\(clock()) \(what)" + (evidence.isEmpty ? "" : ": \(evidence)")
        state.withLock { $0.violations.append(line) }
        append(line, to: "violations")
        say("VIOLATION \(line.prefix(3000))")
    }

    /// Something worth reading that breaks no promise.
    func note(_ what: String) {
        let line = "\(clock()) \(what)"
        state.withLock { if $0.notes.count < 2000 { $0.notes.append(line) } }
        append(line, to: "notes")
    }

    func count(_ what: String, _ number: Int = 1) { state.withLock { $0.counts[what, default: 0] += number } }

    var violations: Int { state.withLock { $0.violations.count } }

    /// One line to a file of the log.
    func append(_ line: String, to name: String) {
        let file = open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let bytes = Array("\(line)\n".utf8)
        _ = write(file, bytes, bytes.count)
        close(file)
    }

    func clock() -> String {
        var time = time_t(wallClock())
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}

/// One line to stdout, at once.
func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
