// Runs a losnap command, waits for its end, and reports one that hangs.

import Foundation
import Synchronization
import Glibc

/// A losnap command that runs.
struct Running: Sendable {
    let kind: String
    let words: [String]
    let began: Double
    /// What was done to it.
    var blows: [String] = []
    /// Seconds for which it, or somebody for whom it may wait, was stopped.
    var credit = 0.0
    /// It is not to be disturbed.
    let isQuiet: Bool
    /// A control group that it is in alone.
    let group: String?
}

/// What a command came to.
struct Answer: Sendable {
    let kind: String
    let words: [String]
    /// The exit status, or the negative number of the signal.
    let status: Int
    let took: Double
    let blows: [String]
    let out: String
    let err: String
    let json: JSON
    /// The error, as `code: message (hint)`.
    var code = ""
    var message = ""
    var hint = ""

    var succeeded: Bool { status == 0 }
    var snapshots: [Snapshot] { Snapshot.all(in: json) }

    /// For violations.
    var evidence: String {
        let took = String(format: "%.1f", self.took)
        return "\(words.joined(separator: " ")) -> \(status) after \(took) s, disturbed \(blows), stderr \(quoted(String(err.suffix(700))))"
            + (out.isEmpty ? "" : ", stdout \(quoted(String(out.suffix(400))))")
    }
}

/// How to run a command.
struct Manner: Sendable {
    var asJSON = true
    /// Never disturbed.
    var isQuiet = false
    /// Another program than losnap.
    var program: [String]?
    /// Where its catalogue is, if not in its place.
    var environment: [String: String] = [:]
    var inGroup = false
}

extension Storm {
    /// The exit statuses that losnap(8) lists.
    static let documented: Set<Int> = [0, 1, 3, 64, 65, 66, 69, 73, 74, 75, 77, 78]
    /// A command that is still running then hangs; on a busy machine, with others that are waited for (seconds).
    static let patience = 120.0
    /// The most memory that a command may take, in KiB.
    static let mostMemory = 300_000

    /// Runs a command to its end.
    func losnap(_ catalogue: Catalogue, _ kind: String, _ arguments: [String], _ manner: Manner = Manner()) -> Answer {
        let words = arguments + (manner.asJSON ? ["--json"] : [])
        let program = manner.program ?? catalogue.program
        do {
            let out = try Output()
            let err = try Output()
            let group = manner.inGroup ? makeGroup() : nil
            let entering = group.map { ["/bin/sh", "-c", "echo $$ >\"$0/cgroup.procs\" && exec \"$@\"", $0] } ?? []
            let began = now()
            let pid = try running.withLock { running in
                let pid = try spawn(
                    entering + program + words, environment: catalogue.environment.merging(manner.environment) { $1 }, out: out.descriptor,
                    err: err.descriptor)
                running[pid] = Running(kind: kind, words: words, began: began, isQuiet: manner.isQuiet, group: group)
                return pid
            }
            let (code, ended, peak) = waitForEnd(of: pid)
            if let group { removeGroup(group) }
            return judged(
                catalogue, manner,
                Answer(
                    kind: kind, words: words, status: status(ofWait: code), took: now() - began, blows: ended.blows, out: out.text,
                    err: err.text, json: manner.asJSON ? JSON(parsing: out.text) ?? .null : .null), peak)
        } catch {
            ledger.note("could not run \(words): \(error)")
            return Answer(kind: kind, words: words, status: 127, took: 0, blows: ["not run"], out: "", err: "\(error)", json: .null)
        }
    }

    private func waitForEnd(of pid: pid_t) -> (code: CInt, ended: Running, peak: Int) {
        var peak = 0
        var hangs = false
        for round in 0... {
            var code: CInt = 0
            let ended = running.withLock { running in waitpid(pid, &code, WNOHANG) == pid ? running.removeValue(forKey: pid) : nil }
            if let ended { return (code, ended, peak) }
            if round % 8 == 0 {
                peak = max(peak, memory(of: pid))
                if let command = running.withLock({ $0[pid] }) {
                    let time = now() - command.began - command.credit
                    if time > Self.patience, !hangs {
                        hangs = true
                        ledger.violation("hangs", "\(command.words) for \(Int(time)) s, \(command.blows): \(look(at: pid))")
                    }
                    if time > Self.patience + 30 { _ = running.withLock { _ in kill(pid, SIGKILL) } }
                }
            }
            rest(0.006)
        }
        fatalError("counted beyond all bounds")
    }

    private func memory(of pid: pid_t) -> Int {
        guard let line = text("/proc/\(pid)/status").split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }) else { return 0 }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// What a process that hangs waits for, and who runs beside it.
    private func look(at pid: pid_t) -> String {
        var lines: [String] = []
        for process in [pid] + children(of: pid) {
            lines.append("process \(process) \(text("/proc/\(process)/comm")) \(text("/proc/\(process)/wchan"))")
            for task in names(in: "/proc/\(process)/task") { lines.append(text("/proc/\(process)/task/\(task)/stack")) }
        }
        lines.append("locks: " + text("/proc/locks"))
        lines.append("records: " + names(in: place.frozen).map { $0 + " " + text(place.frozen + "/" + $0) }.joined(separator: "; "))
        let others = running.withLock { $0.map { "\($0.key) \($0.value.words) \($0.value.blows)" } }
        let saved = lines.joined(separator: "\n") + "\nothers: " + others.joined(separator: "\n")
        ledger.append(saved, to: "hang-\(pid)")
        return saved.replacing("\n", with: " | ")
    }
}

/// Control groups of commands that can be killed with all that they have started.
extension Storm {
    private func makeGroup() -> String? {
        let path = place.groups + "/losnap-storm-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        return mkdir(path, 0o755) == 0 ? path : nil
    }

    private func removeGroup(_ path: String) {
        // A guard of a killed losnap, or a hook, may be in it for a moment still.
        for _ in 0..<100 {
            if rmdir(path) == 0 { return }
            rest(0.05)
        }
    }
}
