// One blow, and what must hold after it: the promises P1 and P2, looked at from outside. The rule: first what the blow itself has left,
// before any losnap comes to mend it; then the next command, the one after that, and what is left then.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

let killSlack = Duration.seconds(5)  // the promised second and four for the machine

/// How losnap is struck.
enum KillManner: CaseIterable, Sendable {
    case kill, terminate, interrupt, hangUp
    /// Stopped for good, and killed in the end.
    case stopThenKill
    /// Stopped until everybody has seen that nothing is frozen.
    case stopThenContinue
    /// Ctrl-Z, and `fg` later.
    case stopKey
    /// Program and guard at one instant, so that nobody is left to thaw.
    case killBoth

    fileprivate var signal: CInt {
        switch self {
        case .kill, .killBoth: SIGKILL
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        case .stopThenKill, .stopThenContinue: SIGSTOP
        case .stopKey: SIGTSTP
        }
    }

}

extension KillScene {
    /// Strikes a `create` at a point, and expects everything of it.
    func expectSafe(_ planned: KillBlow, _ what: String) throws {
        let manner = planned.manner
        let blow = CallTracer.Blow(
            at: planned.point, signal: manner.signal, fromFork: planned.fromFork, toGroup: manner == .stopKey,
            guardFirst: manner == .killBoth)
        try expectSafe(blow, continuing: manner == .stopThenContinue || manner == .stopKey, what) { report, _ in
            // Thawed by the guard in the middle of the window, it may not count.
            if manner == .stopThenContinue, report.wasFrozen { #expect(report.ended == .exited(75), "\(what): \(report)") }
        }
    }

    /// - Parameter judge: gets what became of a program that was struck, and what it said.
    func expectSafe(
        _ blow: CallTracer.Blow, continuing: Bool = false, _ what: String,
        judge: (CallTracer.Report, _ words: String) -> Void = { _, _ in }
    ) throws {
        let before = Set(try completeRows().map(\.number))
        for (_, copy) in keeping { unlink(copy.string) }
        let process = try tracer.start(create, blow, keeping: keeping)
        defer { process.end() }
        try eventually("\(what): it is struck, or has ended", within: .seconds(60)) {
            try process.poll() != nil || tracer.report().struck != nil
        }
        if !blow.guardFirst {
            for touch in try touchAll() { _ = try touch.through(within: Self.deadline + killSlack) }
        }
        if [SIGSTOP, SIGTSTP].contains(blow.signal) {
            // A stop that waits for the thaw may come after the first word to go on.
            try eventually("\(what): it ends", within: .seconds(60)) {
                process.send(continuing ? SIGUSR1 : SIGUSR2)
                return process.waitForEnd(within: .milliseconds(50)) != nil
            }
        }
        let outcome = process.finish(within: .seconds(60))
        // The tracer ends when the guard has ended, too.
        #expect(outcome.succeeded, "\(what): \(outcome)")
        let report = try tracer.report()
        if blow.guardFirst {
            try thawByNextCommand(what, alternative: blow.at % 2 == 0)
        }
        if report.struck != nil { judge(report, outcome.stderr) }
        let stricken = try completeRows().filter { !before.contains($0.number) }
        try expectWhole(stricken, report, what)
        try expectMended(before: before, report, what)
    }

    /// What both being killed leaves is mended by any command, or by `losnap thaw`.
    func thawByNextCommand(_ what: String, alternative: Bool) throws {
        let touches = try touchAll()
        let outcome = try sandbox.losnap.run([alternative ? "thaw" : "list"])
        #expect(outcome.succeeded, "\(what): \(outcome)")
        for touch in touches { _ = try touch.through(within: killSlack) }
        #expect(records.isEmpty, "\(what): \(records)")
    }

    /// Each is there, and what the image was in the freeze.
    func expectWhole(
        _ rows: [(number: Int, source: String, file: FilePath)], _ report: CallTracer.Report, _ what: String
    ) throws {
        guard !rows.isEmpty else { return }
        #expect(report.kept, "\(what): a snapshot that was never about to be thawed")
        #expect(rows.count == images.count, "\(what): \(rows)")
        for row in rows { #expect(try areEqual(row.file, copy(row.source)), "\(what): snapshot \(row.number) is not what was frozen") }
    }

    func expectMended(before: Set<Int>, _ report: CallTracer.Report, _ what: String) throws {
        let outcome = try Self.run(sandbox, ["create"] + images.map(\.source) + ["--json"])
        #expect(outcome.succeeded, "\(what): the next one: \(outcome)")
        let json = try JSONValue(parsing: outcome.stdout)
        let taken = (json["snapshots"].array ?? [json["snapshot"]]).compactMap { $0["number"].integer }
        #expect(taken.count == images.count, "\(what)")
        let rows = try completeRows()
        try expectWhole(rows.filter { !before.contains($0.number) && !taken.contains($0.number) }, report, what)
        #expect(before.isSubset(of: rows.map(\.number)), "\(what): a snapshot is lost")
        let repaired = try sandbox.run("repair")
        #expect(repaired.succeeded && repaired.stdout == "all is well\n", "\(what): \(repaired)")
        #expect(records.isEmpty && strangers().isEmpty, "\(what): \(records) \(strangers())")
        for (source, _) in images {
            #expect(files(source) == rows.filter { $0.source == source }.compactMap { $0.file.lastComponent?.string }.sorted(), "\(what)")
        }
        if rows.count > 30 { #expect(try sandbox.run("prune", "--all", "--keep-last", "2").succeeded, "\(what)") }
    }
}
