// A clone in two phases is what one call would have made in the same freeze: byte by byte, over rounds, under writers that do all that can be done
// to an image. LOSNAP_TEST_ROUNDS makes more rounds than the few that every run can afford.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Two phases", .needsRoot, .blocking, .timeLimit(.minutes(15)), .serialized)
struct TwoPhaseTests {
    private static let rounds = ProcessInfo.processInfo.environment["LOSNAP_TEST_ROUNDS"].flatMap { Int($0) } ?? 2

    /// A pool, an image in it, and how it is attached.
    struct Layout: Sendable, CustomTestStringConvertible {
        var pool = Filesystem.xfs
        var image = Filesystem.xfs
        var directIO = false
        var offset = 0
        /// For the empty file: `chattr` flags, or the hint of `xfs_io`.
        var flags: String?
        var cowExtentSize: String?
        var poolOptions = "defaults"
        var way: String

        var testDescription: String {
            [
                pool.rawValue, image.rawValue, directIO ? "direct" : nil, offset > 0 ? "offset" : nil, flags, cowExtentSize, poolOptions,
                way,
            ].compactMap(\.self).joined(separator: " ")
        }
    }

    @Test(
        "equal to a plain clone in the same freeze, under writers",
        arguments: [
            Layout(way: "tracked"), Layout(way: "maps"), Layout(image: .ext4, directIO: true, way: "tracked"),
            Layout(image: .btrfs, way: "tracked"), Layout(image: .ext4, offset: 1 << 20, cowExtentSize: "256k", way: "tracked"),
            Layout(pool: .btrfs, image: .ext4, way: "tracked"), Layout(pool: .btrfs, directIO: true, way: "maps"),
            Layout(pool: .btrfs, image: .ext4, flags: "+C", way: "tracked"), Layout(pool: .btrfs, image: .ext4, flags: "+C", way: "maps"),
            Layout(pool: .btrfs, image: .ext4, poolOptions: "compress-force=zstd", way: "tracked"),
            Layout(pool: .btrfs, image: .ext4, poolOptions: "compress-force=zstd", way: "maps"),
        ])
    func exact(layout: Layout) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(layout.pool, size: 2 << 30, options: layout.poolOptions)
            let file = pool.path.appending("home.img")
            try Command.run("touch", [file.string])
            if let flags = layout.flags { try Command.run("chattr", [flags, file.string]) }
            if let size = layout.cowExtentSize { try Command.run("xfs_io", ["-c", "cowextsize \(size)", file.string]) }
            try Command.run("truncate", ["-s", "\(layout.image.smallSize + layout.offset)", file.string])
            let device = try scope.attach(file, LoopOptions(offset: layout.offset, directIO: layout.directIO))
            try layout.image.make(on: device.path)
            let mount = try scope.mount(device.path, layout.image)
            let load = try Load(scope, in: mount.path)
            let probe = try Probe(scope)
            for round in 1...Self.rounds {
                let taken = try TwoPhaseClone(probe, image: file, to: pool.path.appending("clone-\(round)"), ["--way", layout.way])
                #expect(taken.way == layout.way, "\(taken.outcome)")
                try taken.expectExact()
                mount.expectThawed()
            }
            try load.expectRunning()
        }
    }

    @Test("several loop devices of one image, each with its own filesystem, one offset behind the other")
    func severalDevices() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(size: 2 << 30)
            let file = pool.path.appending("home.img")
            try scope.makeSparseFile(file, size: 200 << 20)
            let halves = [LoopOptions(sizeLimit: 100 << 20), LoopOptions(offset: 100 << 20)]
            for half in halves {
                let device = try scope.attach(file, half)
                try Filesystem.ext4.make(on: device.path)
                _ = try Load(scope, in: try scope.mount(device.path, .ext4).path, jobs: 1)
            }
            let probe = try Probe(scope)
            for round in 1...Self.rounds {
                let taken = try TwoPhaseClone(probe, image: file, to: pool.path.appending("clone-\(round)"), ["--way", "tracked"])
                try taken.expectExact()
            }
        }
    }

    @Test("two images in one freeze, each with a finder of its own")
    func group() throws {
        try TestScope.with { scope in
            let pool = try scope.pool(size: 2 << 30)
            let images = try ["a.img", "b.img"].map { try scope.mountedImage($0, in: pool.path, .ext4) }
            for image in images { _ = try Load(scope, in: image.path, jobs: 1) }
            let probe = try Probe(scope)
            let clones = ["a", "b"].map { pool.path.appending($0).string }
            let pairs = zip(images, clones).flatMap { [$0.file.string, $1] }
            let outcome = try probe.run(["clone", probe.runtime.string, "--two-phase", "--beside"] + pairs)
            #expect(outcome.stdout.split(separator: "\n").filter { $0.contains(" tracked ") }.count == 2, "\(outcome)")
            for clone in clones { try Command.run("cmp", [clone, "\(clone).plain"]) }
        }
    }

    @Test("an image that grows or shrinks between the phases", arguments: ["tracked", "maps"], ["101M", "100000001", "73M"])
    func resized(way: String, size: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4, size: 64 << 20)
            // Behind the end of the filesystem there is nothing to lose.
            try Command.run("truncate", ["-s", "80M", scene.image.file.string])
            _ = try scope.writer(in: scene.image.path)
            let between = "truncate -s \(size) \(scene.image.file) && losetup --set-capacity \(scene.image.device.path)"
            let taken = try scene.cloneInTwoPhases(["--between", between] + (way == "maps" ? ["--way", "maps"] : []))
            // Setting a file's length is a change that no record shows.
            #expect(taken.way == "maps", "\(taken.outcome)")
            try taken.expectExact()
        }
    }

    @Test("a writer that goes round the loop device: noticed, and the maps decide")
    func outsideWriter() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            let write = "printf x | dd of=\(scene.image.file) bs=1 seek=5000 conv=notrunc status=none"
            let taken = try scene.cloneInTwoPhases(["--between", write])
            #expect(taken.way == "maps" && taken.outcome.stdout.contains("beside the loop devices"), "\(taken.outcome)")
            try taken.expectExact()
            let forced = try scene.tryTwoPhases(["--way", "tracked", "--between", write])
            #expect(forced.stdout.contains("error tracking_impossible"), "\(forced)")
            scene.image.mount.expectThawed()
        }
    }

    @Test("a process that has the image open for writing, or mapped: writes are not tracked", arguments: ["open", "mapped"])
    func openElsewhere(how: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            let marker = scope.freshPath("marker")
            if how == "open" {
                let script = "exec 3<>\"$1\"; : >\"$2\"; exec sleep 60"
                let shell = Tool(executable: "/bin/sh")
                _ = try scope.start(shell.invocation(["-c", script, "sh", scene.image.file.string, marker.string]))
            } else {
                _ = try scene.probe.start(["map", scene.runtime.string, scene.image.file.string, marker.string])
            }
            try eventually("the other process is ready") { access(marker.string, F_OK) == 0 }
            let taken = try scene.cloneInTwoPhases()
            #expect(taken.way == "maps" && taken.outcome.stdout.contains("has the image open for writing"), "\(taken.outcome)")
            try taken.expectExact()
        }
    }

    @Test("records lost in a ring that is too small: found out, and the maps decide, or recording begins anew", arguments: [0, 3])
    func lostRecords(restarts: Int) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            // Enough for one page to overflow.
            let write = "dd if=/dev/zero of=\(scene.image.path)/more bs=4k count=600 oflag=sync status=none"
            let taken = try scene.cloneInTwoPhases(["--ring", "4096", "--restarts", "\(restarts)", "--between", write])
            // Nobody writes after that, so what is recorded then is complete.
            #expect(taken.way == (restarts == 0 ? "maps" : "tracked"), "\(taken.outcome)")
            #expect(taken.outcome.stdout.contains("records of writes were lost") == (restarts == 0), "\(taken.outcome)")
            try taken.expectExact()
        }
    }

    @Test("records lost again and again under load: the clone is exact by whichever way")
    func lostUnderLoad() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            _ = try Load(scope, in: scene.image.path)
            let taken = try scene.cloneInTwoPhases(["--ring", "4096"])
            #expect(taken.way == "maps" || taken.way == "tracked", "\(taken.outcome)")
            try taken.expectExact()
        }
    }

    @Test("tracking that is not permitted: the maps, and if it is forced an error")
    func notPermitted() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            let taken = try scene.cloneInTwoPhases(["--refuse-tracking"])
            #expect(taken.way == "maps" && taken.outcome.stdout.contains("perf_event_open is not permitted"), "\(taken.outcome)")
            try taken.expectExact()
            let forced = try scene.tryTwoPhases(["--refuse-tracking", "--way", "tracked"])
            #expect(forced.stdout.contains("error tracking_impossible"), "\(forced)")
        }
    }

    @Test("another loop device that is attached meanwhile: noticed")
    func anotherDevice() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            let attach = "losetup --read-only --find \(scene.image.file)"
            let taken = try scene.cloneInTwoPhases(["--between", attach])
            for name in try Command.run("losetup", ["--noheadings", "--output", "NAME", "--associated", scene.image.file.string]).split(
                separator: "\n")
            where name != scene.image.device.path.string { try Command.run("losetup", ["--detach", String(name)]) }
            #expect(taken.way == "maps" && taken.outcome.stdout.contains("loop device"), "\(taken.outcome)")
            try taken.expectExact()
        }
    }

    @Test("a frozen part that would be too long is refused with nothing frozen; few extents are cloned the plain way")
    func tooLong() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            let plain = try scene.clone()
            #expect(plain.stdout.contains(" plain "), "\(plain)")
            try Command.run("rm", [scene.destination.string])
            // In an order in which nothing lies beside its neighbour.
            let writes = [
                "--name=many", "--directory=\(scene.image.path)", "--rw=randwrite", "--bs=4k", "--size=16m", "--direct=1", "--fsync=1",
            ]
            try Command.run("fio", writes + ["--number_ios=400", "--output=/dev/null"], within: .seconds(60))
            let refused = try scene.clone(["--two-phase", "--way", "plain", "--deadline", "1"])
            #expect(refused.stdout.contains("error freeze_too_long"), "\(refused)")
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
        }
    }
}

/// What a probe made, and said of it.
private struct TwoPhaseClone {
    let outcome: Outcome
    let way: String
    private let path: FilePath

    static func outcome(_ probe: Probe, image: FilePath, to path: FilePath, _ options: [String]) throws -> Outcome {
        try probe.run(["clone", probe.runtime.string, "--two-phase", "--beside"] + options + [image.string, path.string])
    }

    init(_ probe: Probe, image: FilePath, to path: FilePath, _ options: [String]) throws {
        outcome = try Self.outcome(probe, image: image, to: path, options)
        self.path = path
        let line = try #require(outcome.stdout.split(separator: "\n").last { $0.hasPrefix("clone frozen ") }, "\(outcome)")
        way = String(line.split(separator: " ")[3])
    }

    /// Equal to what one call made in the same freeze.
    func expectExact(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let comparison = try Command.outcome("cmp", [path.string, "\(path).plain"], within: .seconds(60))
        #expect(comparison.succeeded, "\(comparison.stdout)\(comparison.stderr) \(outcome)", sourceLocation: sourceLocation)
        try Command.run("rm", ["-f", path.string, "\(path).plain"])
    }
}

extension FreezeScene {
    /// A clone of the image in two phases, and a plain one in the same freeze.
    fileprivate func cloneInTwoPhases(_ options: [String] = []) throws -> TwoPhaseClone {
        try TwoPhaseClone(probe, image: image.file, to: destination, options)
    }

    /// What becomes of another one, which may be refused.
    fileprivate func tryTwoPhases(_ options: [String]) throws -> Outcome {
        try TwoPhaseClone.outcome(probe, image: image.file, to: pool.path.appending("other"), options)
    }
}

/// Writers that do all that can be done to an image: random writes with syncs, discards, holes, allocation, files that come and go.
private struct Load {
    private let processes: [ChildProcess]

    init(_ scope: TestScope, in directory: FilePath, jobs: Int = 2) throws {
        let writes = Tool(executable: "/usr/bin/fio").invocation([
            "--name=load", "--directory=\(directory)", "--rw=randwrite", "--bsrange=4k-32k", "--size=8m", "--numjobs=\(jobs)", "--fsync=16",
            "--thread", "--time_based", "--runtime=120", "--thinktime=2ms", "--output=/dev/null",
        ])
        let script = """
            n=0
            while :; do
                n=$((n + 1)); at=$((n * 7 % 64 * 65536))
                fallocate --punch-hole --offset $at --length 65536 load.0.0 2>/dev/null
                fallocate --length 1M grown 2>/dev/null && fallocate --zero-range --offset 65536 --length 65536 grown 2>/dev/null
                dd if=/dev/urandom of=come bs=64k count=10 status=none 2>/dev/null
                fstrim . 2>/dev/null
                rm -f come grown
                sleep 0.05
            done
            """
        let others = Tool(executable: "/bin/sh").invocation(["-c", script], directory: directory)
        processes = [try scope.start(writes), try scope.start(others)]
        try eventually("the load has begun") { access(directory.appending("load.0.0").string, F_OK) == 0 }
        usleep(300_000)
    }

    func expectRunning(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for process in processes { #expect(process.poll() == nil, sourceLocation: sourceLocation) }
    }
}
