// Checks that apply to every command: a documented status, words or valid JSON, no trap, bounded memory, and the true reason.

import Foundation
import Synchronization

extension Storm {
    /// What holds for every command. Returns the answer with its error read.
    func judged(_ catalogue: Catalogue, _ manner: Manner, _ given: Answer, _ peak: Int) -> Answer {
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
        // The storm thaws only what it has frozen itself, but for what the watchdog found.
        if answer.code == "window_broken", answer.blows.isEmpty,
            !["deadline", "changed", "moved"].contains(where: { answer.message.contains($0) })
        {
            ledger.violation("its freeze was thawed by another", answer.evidence)
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
        let took = String(format: "%.2f", answer.took)
        let line = "\(ledger.clock()) \(catalogue.name) \(took) s \(answer.words) -> \(answer.status) \(answer.blows)"
        ledger.append(line + " [\(numbers)] \(answer.code) \(answer.message)", to: "commands")
    }
}
