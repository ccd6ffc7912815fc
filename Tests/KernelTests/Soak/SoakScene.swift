// Three mounted images under writers that verify, and losnap that is started and killed over them. The rule: a command that nobody killed succeeds;
// one that was killed may leave anything that the next one mends.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What was done.
struct SoakTally: CustomStringConvertible {
    var created = 0
    var pruned = 0
    var killed = 0
    var examined = 0
    var description: String { "\(created) created, \(pruned) prunes, \(killed) killed, \(examined) snapshots examined" }
}

/// The pool, its images and what runs.
final class SoakScene {
    private(set) var tally = SoakTally()
    private let scope: TestScope
    private let pool: Pool
    private let sandbox: Sandbox
    private let images: [(name: String, mounted: MountedImage, writer: ChildProcess)]
    private let seed: UInt64
    private var random: Seeded
    private var running: [Command] = []

    private static let kept = 5
    private static let kinds: [Filesystem] = [.xfs, .ext4, .btrfs]

    /// A losnap that runs, and when it is to be killed, if it is.
    private struct Command {
        let process: ChildProcess
        let arguments: [String]
        let began = ContinuousClock.now
        var kill: (after: Duration, signal: CInt)?
        var wasKilled = false
    }

    init(_ scope: TestScope) throws {
        self.scope = scope
        seed = ProcessInfo.processInfo.environment["LOSNAP_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        random = Seeded(seed)
        let pool = try scope.pool(size: 4 << 30)
        self.pool = pool
        sandbox = try scope.sandbox()
        images = try Self.kinds.map { kind in
            let mounted = try scope.mountedImage("\(kind).img", in: pool.path, kind)
            // Every block has a checksum of itself before the first snapshot.
            try TestSupport.Command.run("fio", Self.job(mounted.path) + ["--rw=write", "--end_fsync=1"], within: .seconds(60))
            let writes = ["--rw=randwrite", "--time_based", "--runtime=100000", "--rate_iops=300", "--fsync=32", "--randrepeat=0"]
            let writer = try scope.start(Tool(executable: "/usr/bin/fio").invocation(Self.job(mounted.path) + writes))
            return ("\(kind)", mounted, writer)
        }
    }

    /// Without statistics of disks: for them fio looks through all block devices, and complains of one that another test detaches.
    private static func job(_ directory: FilePath) -> [String] {
        [
            "--name=soak", "--filename=\(directory.appending("data"))", "--size=8m", "--bs=4k", "--ioengine=psync", "--thread",
            "--verify=crc32c", "--do_verify=0", "--verify_state_save=0", "--disk_util=0", "--output=/dev/null",
        ]
    }

    /// A snapshot every second, of one image or of all three in one freeze, and every third second a prune of all.
    func run(seconds: Int) throws {
        let began = ContinuousClock.now
        for second in 0..<seconds {
            let image = images[Int.random(in: 0..<images.count, using: &random)].mounted.file.string
            let all = images.map(\.mounted.file.string)
            try start(["create"] + (Int.random(in: 0..<4, using: &random) == 0 ? all : [image]))
            if second % 3 == 2 { try start(["prune", "--keep-last", "\(Self.kept)"]) }
            repeat {
                look()
                usleep(10_000)
            } while ContinuousClock.now - began < .seconds(second + 1)
        }
        let end = ContinuousClock.now + .seconds(60)
        while !running.isEmpty, ContinuousClock.now < end {
            look()
            usleep(10_000)
        }
        #expect(running.isEmpty, "still running, seed \(seed): \(running.map(\.arguments))")
    }

    private func start(_ arguments: [String]) throws {
        var command = Command(process: try scope.start(sandbox.losnap.invocation(arguments + ["--wait"])), arguments: arguments)
        if Int.random(in: 0..<3, using: &random) == 0 {
            let signal = [SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP][Int.random(in: 0..<5, using: &random)]
            command.kill = (.milliseconds(Int.random(in: 0..<300, using: &random)), signal)
        }
        running.append(command)
    }

    /// Kills what is to be killed now, and judges what has ended.
    private func look() {
        for index in running.indices {
            guard !running[index].wasKilled, let kill = running[index].kill, running[index].process.poll() == nil,
                ContinuousClock.now - running[index].began >= kill.after
            else { continue }
            running[index].process.send(kill.signal)
            running[index].wasKilled = true
        }
        for command in running where command.process.poll() != nil {
            let outcome = command.process.finish(within: .seconds(1))
            if command.wasKilled { tally.killed += 1 }
            if outcome.succeeded, command.arguments[0] == "create" { tally.created += 1 }
            if outcome.succeeded, command.arguments[0] == "prune" { tally.pruned += 1 }
            #expect(outcome.succeeded || command.wasKilled, "\(command.arguments), seed \(seed): \(outcome)")
        }
        running.removeAll { $0.process.poll() != nil }
    }

    /// Has losnap bring everything together, and looks at what there is.
    func examine() throws {
        for image in images {
            #expect(image.writer.poll() == nil, "the writer of \(image.name) has ended, seed \(seed)")
            image.mounted.mount.expectThawed()
        }
        pool.mount.expectThawed()
        for arguments in [["repair"], ["prune", "--keep-last", "\(Self.kept)"], ["repair"]] {
            let outcome = try sandbox.losnap.run(arguments)
            #expect(outcome.succeeded, "\(arguments), seed \(seed): \(outcome)")
            if arguments == ["repair"] { continue }
            #expect(outcome.stderr.isEmpty, "\(arguments), seed \(seed): \(outcome)")
        }
        #expect(try sandbox.run("repair").stdout == "all is well\n", "seed \(seed)")
        let snapshots = try sandbox.json("list")["snapshots"].array ?? []
        var files: [String: Set<String>] = [:]
        for snapshot in snapshots {
            let path = FilePath(try #require(snapshot["path"].string))
            let source = try #require(snapshot["source"]["name"].string ?? snapshot["source"].string)
            files[source, default: []].insert(try #require(path.lastComponent).string)
            try expectWhole(path, try #require(Self.kinds.first { "\($0)" == source }))
            tally.examined += 1
        }
        for image in images {
            let found = try FileManager.default.contentsOfDirectory(atPath: pool.path.appending(".losnap").appending(image.name).string)
            #expect(Set(found).subtracting(["CACHEDIR.TAG"]) == files[image.name] ?? [], "seed \(seed)")
            #expect(files[image.name, default: []].count <= Self.kept, "seed \(seed)")
        }
        let strangers = try FileManager.default.contentsOfDirectory(atPath: pool.path.string).filter {
            !$0.hasSuffix(".img") && $0 != ".losnap"
        }
        #expect(strangers.isEmpty, "seed \(seed)")
    }

    /// Its log replayed, it is clean for its own checker, and every block of the data has its checksum.
    private func expectWhole(_ snapshot: FilePath, _ kind: Filesystem) throws {
        let check = try CloneCheck(scope, snapshot, kind, sharingIn: pool.path)
        defer { check.remove() }
        try check.whileMounted { try verify($0, "\(snapshot)") }
        try check.expectClean()
    }

    private func verify(_ directory: FilePath, _ what: String) throws {
        let outcome = try TestSupport.Command.outcome("fio", Self.job(directory) + ["--rw=read"], within: .seconds(60))
        #expect(outcome.succeeded && outcome.stderr.isEmpty, "\(what), seed \(seed): \(outcome)")
    }

    /// Ends the writers and verifies what they wrote.
    func finish() throws {
        for image in images {
            image.writer.send(SIGTERM)
            #expect(image.writer.waitForEnd(within: .seconds(30)) != nil, "seed \(seed)")
            try verify(image.mounted.path, image.name)
        }
    }
}
