// Running a losnap command and judging what everybody may expect of it: it ends, with a documented status, in words or in JSON.

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
            return judge(
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

    /// What holds for every command. Returns the answer with its error read.
    private func judge(_ catalogue: Catalogue, _ manner: Manner, _ given: Answer, _ peak: Int) -> Answer {
        var answer = given
        if answer.status > 0, answer.kind != "create-command" { readError(catalogue, manner, &answer) }
        let wasEnded = answer.blows.contains { blow in ["KILL", "TERM", "INT", "HUP", "cgroup"].contains { blow.contains($0) } }
        if answer.status < 0, !wasEnded { ledger.violation("ended by a signal that nobody sent", answer.evidence) }
        if manner.asJSON, answer.succeeded, answer.kind != "check", answer.json.isNull {
            ledger.violation("stdout is not JSON", answer.evidence)
        }
        if !answer.json.isNull, answer.out.filter({ $0 == "\n" }).count != 1 { ledger.violation("stdout is not one line", answer.evidence) }
        if answer.kind == "check" {
            if answer.status > 3 { ledger.violation("a status that check does not document", answer.evidence) }
        } else if answer.status >= 0, !["create-command", "loclone"].contains(answer.kind), !Self.documented.contains(answer.status) {
            ledger.violation("a status that is not documented", answer.evidence)
        }
        if answer.err.contains("Fatal error") || answer.err.contains("stack dump") { ledger.violation("a trap", answer.evidence) }
        if answer.kind != "create-command" { judgeMeaning(catalogue, answer) }
        if peak > Self.mostMemory { ledger.violation("\(peak) KiB of memory", answer.evidence) }
        for broken in catalogue.note(answer.snapshots) { ledger.violation(broken, answer.evidence) }
        record(catalogue, answer, peak)
        return answer
    }

    /// What no disturbance of this storm excuses.
    private func judgeMeaning(_ catalogue: Catalogue, _ answer: Answer) {
        switch answer.status {
        case 65: ledger.violation("something is said to be damaged", answer.evidence)
        case 77 where catalogue.isPrivileged: ledger.violation("root is told that something is not permitted", answer.evidence)
        case 78: ledger.violation("the configuration is said to be wrong", answer.evidence)
        case 74 where filled.withLock({ $0.isEmpty }): ledger.violation("a disk is said to have failed", answer.evidence)
        default: break
        }
        if answer.code == "frozen_by_another" || answer.message.contains("by something that is not losnap") {
            let image = place.mounted.first { answer.message.contains(($0.mountPoint ?? "?") + ": ") }?.name ?? ""
            if !wasFrozenByOthers(image, since: now() - answer.took - 1) {
                ledger.violation("frozen by nobody but losnap, and put down to somebody else", answer.evidence)
            }
        }
    }

    private func readError(_ catalogue: Catalogue, _ manner: Manner, _ answer: inout Answer) {
        if manner.asJSON, manner.program == nil {
            let last = answer.err.split(separator: "\n").last.map(String.init) ?? ""
            let error = JSON(parsing: last)?["error"] ?? .null
            answer.code = error["code"].string ?? ""
            answer.message = error["message"].string ?? ""
            answer.hint = error["hint"].string ?? ""
            if answer.message.isEmpty, answer.kind != "check" { ledger.violation("stderr does not end with an error", answer.evidence) }
        } else {
            let lines = answer.err.split(separator: "\n").map(String.init)
            answer.message = lines.last { $0.contains("error: ") } ?? ""
            answer.hint = lines.last { $0.contains("hint: ") } ?? ""
            if answer.message.isEmpty, answer.kind != "check" { ledger.violation("it failed without a word", answer.evidence) }
        }
    }

    private func record(_ catalogue: Catalogue, _ answer: Answer, _ peak: Int) {
        ledger.state.withLock { state in
            state.commands += 1
            state.counts["\(answer.kind): " + (answer.status < 0 ? "signal \(-answer.status)" : "\(answer.status)"), default: 0] += 1
            if answer.blows.isEmpty { state.latencies[answer.kind, default: []].append(answer.took) }
            state.peaks[answer.kind] = max(state.peaks[answer.kind] ?? 0, peak)
            if answer.status > 0, !answer.message.isEmpty {
                let message = answer.message.replacing(/'[^']*'|\/\S+|[0-9]+/, with: "#")
                state.refusals["\(answer.kind) \(answer.status) \(answer.code): \(message.prefix(160))", default: .init()].count += 1
                state.refusals["\(answer.kind) \(answer.status) \(answer.code): \(message.prefix(160))"]?.latest =
                    "\(answer.words.joined(separator: " ")): \(answer.message) [\(answer.hint)]"
            }
        }
        let numbers = answer.snapshots.map { "\($0.number)" }.prefix(12).joined(separator: ",")
        let line =
            "\(ledger.clock()) \(catalogue.name) \(String(format: "%.2f", answer.took)) s \(answer.words) -> \(answer.status) \(answer.blows)"
        ledger.append(line + " [\(numbers)] \(answer.code) \(answer.message)", to: "commands")
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
