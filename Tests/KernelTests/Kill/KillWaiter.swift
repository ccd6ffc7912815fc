// Another losnap that waits beside the one that is struck, for the same image. The rule: it waits before the blow falls, because the one
// to be struck is held at its system call until then; and whatever becomes of that one, the other takes its snapshot.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Who waits.
enum KillWaiter: String, CaseIterable, Sendable {
    /// The same command.
    case same
    /// One that has another catalogue.
    case otherCatalogue
    /// For the image inside the image; with another catalogue.
    case inner
    /// For one image of a group.
    case member

    /// The layouts that have it.
    func fits(_ layout: KillLayout) -> Bool {
        switch self {
        case .same, .otherCatalogue: true
        case .inner: layout == .nested
        case .member: layout == .group
        }
    }
}

/// How the one is struck for which another waits.
enum WaitedManner: CaseIterable, Sendable {
    case kill, killBoth, killControlGroup, terminate, stopThenKill, stopThenContinue

    fileprivate var signal: CInt {
        switch self {
        case .kill, .killBoth, .killControlGroup: SIGKILL
        case .terminate: SIGTERM
        case .stopThenKill, .stopThenContinue: SIGSTOP
        }
    }

    fileprivate var isStop: Bool { signal == SIGSTOP }
    /// Nobody but the next losnap can thaw.
    fileprivate var leavesNobody: Bool { self == .killBoth || self == .killControlGroup }
    /// The deadline of the freeze: it has to last until the other one waits (seconds).
    fileprivate var deadline: Int { isStop ? 4 : 20 }
}

/// A losnap that waits, and where it works.
struct WaitingLosnap {
    let waiter: KillWaiter
    fileprivate let arguments: [String]
    fileprivate let environment: [String: String]

    init(_ scene: KillScene, _ waiter: KillWaiter) throws {
        self.waiter = waiter
        var sources = scene.images.map { (name: $0.source, image: $0.image.file) }
        switch waiter {
        case .same, .otherCatalogue: break
        case .inner: sources = [("inner", scene.images[0].image.path.appending("inner.img"))]
        case .member: sources = [sources[1]]
        }
        arguments = ["create"] + sources.map(\.name) + ["--wait", "--json"]
        guard waiter == .otherCatalogue || waiter == .inner else {
            environment = [:]
            return
        }
        let directory = scene.sandbox.directory.appending("other-\(waiter)")
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        chmod(directory.string, 0o700)
        for pool in Set(sources.map { $0.image.removingLastComponent().appending(".other").string }) { mkdir(pool, 0o755) }
        let entries = sources.map {
            "  \($0.name): { image: \($0.image), snapshot-directory: \($0.image.removingLastComponent())/.other/\($0.name) }"
        }
        try scene.scope.write("sources:\n" + entries.joined(separator: "\n") + "\n", to: directory.appending("losnap.yaml"))
        environment = [
            "LOSNAP_CATALOGUE": directory.appending("catalogue.sqlite").string, "LOSNAP_CONFIG": directory.appending("losnap.yaml").string,
        ]
        let first = try KillScene.run(scene.sandbox, arguments, environment: environment)
        try #require(first.succeeded, "\(first)")
    }

    /// Starts it, and comes back when it waits for a lock, or has ended.
    func start(_ scene: KillScene) throws -> ChildProcess {
        let process = try scene.scope.start(scene.sandbox.losnap.invocation(arguments, environment: environment))
        try eventually("it waits, or has ended", within: .seconds(60)) { process.poll() != nil || holdsLockFile(process.pid) }
        // Opened, but perhaps not yet asked for.
        _ = process.waitForEnd(within: .milliseconds(200))
        return process
    }

    /// Its own catalogue is in order.
    func expectWell(_ scene: KillScene, _ what: String) throws {
        guard !environment.isEmpty else { return }
        let outcome = try scene.sandbox.losnap.run(["repair"], environment: environment)
        #expect(outcome.succeeded && outcome.stdout == "all is well\n", "\(what): \(outcome)")
        let pruned = try scene.sandbox.losnap.run(["prune", "--all", "--keep-last", "2"], environment: environment)
        #expect(pruned.succeeded, "\(what): \(pruned)")
    }
}

/// Whether a process has the file of a lock open.
func holdsLockFile(_ pid: pid_t) -> Bool {
    let directory = "/proc/\(pid)/fd"
    return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).contains { number in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(number)"))?.contains("/lock/") ?? false
    }
}

extension KillScene {
    /// Strikes a `create` for which another losnap waits, and expects everything of both.
    func expectSafe(_ planned: KillBlow, _ manner: WaitedManner, beside other: WaitingLosnap, in group: ControlGroup, _ what: String) throws
    {
        let before = Set(try completeRows().map(\.number))
        for (_, copy) in keeping { unlink(copy.string) }
        let blow = CallTracer.Blow(
            at: planned.point, signal: manner.signal, fromFork: planned.fromFork, guardFirst: manner == .killBoth, isHeld: true)
        let arguments = ["create"] + images.map(\.source) + ["--max-freeze", "\(manner.deadline)s"]
        let process = try tracer.start(arguments, blow, keeping: keeping, in: manner == .killControlGroup ? group : nil)
        defer { process.end() }
        try eventually("\(what): it is held, or has ended", within: .seconds(60)) {
            try process.poll() != nil || tracer.report().held != nil
        }
        let waiting = try other.start(self)
        let hadEnded = waiting.poll() != nil
        let touches = try touchAll()
        if manner == .killControlGroup { try group.kill() } else { process.send(SIGUSR1) }
        if manner.leavesNobody, other.waiter == .inner {
            // It may be writing to what is frozen before it waits for its lock, and then it can't come to thaw.
            #expect(process.waitForEnd(within: .seconds(20)) != nil, "\(what)")
            let thaw = try sandbox.losnap.run(["thaw"])
            #expect(thaw.succeeded, "\(what): \(thaw)")
        }
        if !(manner.leavesNobody && hadEnded) {
            let limit = Duration.seconds(manner.isStop ? manner.deadline : 1) + killSlack
            do { for touch in touches { _ = try touch.through(within: limit) } } catch {
                let waited = waiting.poll() == nil ? "waits still" : "\(waiting.finish(within: .seconds(1)))"
                throw FixtureError("\(what): \(error); records \(records); the other one: \(waited)")
            }
        }
        if manner.isStop {
            try eventually("\(what): it ends", within: .seconds(60)) {
                if try tracer.report().struck != nil { process.send(manner == .stopThenContinue ? SIGUSR1 : SIGUSR2) }
                return process.waitForEnd(within: .milliseconds(50)) != nil
            }
        }
        let outcome = process.finish(within: .seconds(60))
        #expect(outcome.succeeded, "\(what): \(outcome)")
        let waited = waiting.finish(within: .seconds(60))
        let isExcused = KillScene.isOfNeighbours(waited)
        #expect(waited.succeeded || isExcused, "\(what): the one that waited, or had \(hadEnded ? "" : "not ")ended before: \(waited)")
        if manner.leavesNobody, hadEnded { try thawByNextCommand(what, alternative: planned.point % 2 == 0) }
        for mount in mounts { mount.expectThawed() }
        #expect(records.isEmpty, "\(what): \(records)")

        let report = try tracer.report()
        var theirs: [Int] = []
        if waited.succeeded, other.environment.isEmpty {
            let json = try JSONValue(parsing: waited.stdout)
            theirs = (json["snapshots"].array ?? [json["snapshot"]]).compactMap { $0["number"].integer }
            #expect(!theirs.isEmpty, "\(what): \(waited)")
        }
        let rows = try completeRows()
        #expect(Set(theirs).isSubset(of: rows.map(\.number)), "\(what): \(theirs)")
        try expectWhole(rows.filter { !before.contains($0.number) && !theirs.contains($0.number) }, report, what)
        try expectMended(before: before.union(theirs), report, what)
        try other.expectWell(self, what)
    }
}
