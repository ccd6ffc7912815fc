// `check` through the executable: what is wrong is found on real filesystems, and looking changes nothing. The rule of every case: the hint works when typed,
// and afterwards all is well.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Check", .needsRoot, .timeLimit(.minutes(15)))
struct CliCheckTests {
    /// The kinds that a check finds, worst first, after a look that its status and its first line agree, and that it changed nothing.
    private func findings(
        _ scene: CliScene, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [String] {
        let before = try scene.sql("SELECT * FROM snapshot; SELECT * FROM source; SELECT * FROM event")
        let text = try scene.sandbox.losnap.run(["check"] + arguments)
        let json = try scene.sandbox.losnap.run(["check", "--json"] + arguments)
        #expect(text.stderr.isEmpty && json.stderr.isEmpty, "\(text.stderr)\(json.stderr)", sourceLocation: sourceLocation)
        let object = try JSONValue(parsing: json.stdout)
        let words: [Int32: String] = [0: "ok", 1: "warning", 2: "critical", 3: "unknown"]
        for outcome in [text, json] {
            guard case .exited(let status) = outcome.status, let word = words[status] else {
                Issue.record("\(outcome.status)", sourceLocation: sourceLocation)
                continue
            }
            #expect(object["status"] == .string(word), sourceLocation: sourceLocation)
            #expect(text.stdout.hasPrefix("LOSNAP \(word.uppercased()) - "), "\(text.stdout)", sourceLocation: sourceLocation)
        }
        let found = object["findings"].array ?? []
        #expect(text.stdout.split(separator: "\n").count == 1 + found.count, "\(text.stdout)", sourceLocation: sourceLocation)
        #expect(
            try scene.sql("SELECT * FROM snapshot; SELECT * FROM source; SELECT * FROM event") == before, sourceLocation: sourceLocation)
        return found.compactMap { $0["kind"].string }
    }

    private func configure(_ scene: CliScene) throws {
        try scene.scope.write("sources: { home: { image: \(scene.image), every: 1h } }\n", to: scene.sandbox.configuration)
    }

    @Test("the age of what the schedule took")
    func age() throws {
        try CliScene.with(image: nil) { scene in
            // The catalogue is not there yet: what is due has no snapshot.
            try configure(scene)
            let first = try scene.sandbox.run("check")
            #expect(first.status == .exited(2))
            #expect(first.stdout.hasPrefix("LOSNAP CRITICAL - home: there is no snapshot yet, due every 1h\n"), "\(first.stdout)")
            try scene.create()
            #expect(try findings(scene) == ["no_snapshot"])
            try scene.sql("UPDATE snapshot SET origin = 'run'")
            #expect(try findings(scene) == [])
            let well = try scene.sandbox.run("check", "home").stdout
            #expect(
                well.wholeMatch(
                    of: /LOSNAP OK - 1 source, newest \d+s ago \| 'home_age'=\d+s;\d+;\d+;0 'missing'=0;;0;0 .*'=[\d.]+%;85;95;0;100\n/)
                    != nil, "\(well)")
            func turnBack(hours: Int) throws { try scene.sql("UPDATE snapshot SET taken_at = taken_at - \(hours) * 3600000") }
            try turnBack(hours: 2)
            #expect(try findings(scene) == ["too_old"])
            #expect(try scene.sandbox.run("check").status == .exited(1))
            try turnBack(hours: 4)
            #expect(try findings(scene, scene.image.string) == ["too_old"])
            #expect(try scene.sandbox.run("check").status == .exited(2))
            // Nothing having changed is as good as a snapshot.
            try scene.sql(
                """
                INSERT INTO event (at, kind, source_id, source_name)
                SELECT unixepoch() * 1000, 'run_unchanged', id, name FROM source
                """)
            #expect(try findings(scene) == [])
            try scene.scope.write(
                "sources: { home: { image: \(scene.image), every: 1h, missed-warning: null, missed-critical: 24 } }\n",
                to: scene.sandbox.configuration)
            try scene.sql("DELETE FROM event WHERE kind = 'unchanged'")
            #expect(try findings(scene) == [])
        }
    }

    @Test("a run that failed, until one has not")
    func failedRun() throws {
        try CliScene.with(image: nil) { scene in
            try configure(scene)
            try scene.create()
            try scene.sql("UPDATE snapshot SET origin = 'run'")
            let insertion = "INSERT INTO event (at, kind, source_id, source_name, reason) "
            try scene.sql(insertion + "SELECT (unixepoch() - 7200) * 1000, 'run_failed', id, name, 'old' FROM source")
            #expect(try findings(scene) == [])
            try scene.sql(insertion + "SELECT (unixepoch() + 1) * 1000, 'run_failed', id, name, 'take: no |\nspace' FROM source")
            #expect(try findings(scene) == ["run_failed"])
            let text = try scene.sandbox.run("check").stdout
            #expect(text.contains("home: the last run failed: take: no \u{A6}\\nspace; hint: losnap log home"), "\(text)")
            // What failed before it could be registered is known by its name.
            try scene.scope.write(
                "sources: { home: { image: \(scene.image) }, new: { image: /nowhere.img, every: 1d } }\n", to: scene.sandbox.configuration)
            try scene.sql(
                "DELETE FROM event WHERE kind = 'run_failed'; " + insertion + "VALUES (unixepoch() * 1000, 'run_failed', NULL, 'new', 'x')")
            #expect(try findings(scene) == ["no_snapshot", "run_failed"])
            #expect(try findings(scene, "new") == ["no_snapshot", "run_failed"])
            #expect(try findings(scene, "home") == [])
        }
    }

    @Test("what run does, check sees")
    func afterRun() throws {
        try CliScene.with(image: nil) { scene in
            try configure(scene)
            let first = try scene.sandbox.run("run")
            #expect(first.succeeded, "\(first.stderr)")
            #expect(try findings(scene) == [])
            try scene.sql("UPDATE snapshot SET taken_at = taken_at - 7200000")
            try Command.run("mv", [scene.image.string, "\(scene.image).away"])
            #expect(try !scene.sandbox.run("run").succeeded)
            #expect(try findings(scene) == ["too_old", "run_failed"])
            try Command.run("mv", ["\(scene.image).away", scene.image.string])
            #expect(try scene.sandbox.run("run").succeeded)
            #expect(try findings(scene) == [])
            // One that could never be registered.
            try scene.scope.write(
                "sources: { home: { image: \(scene.image), every: 1h }, new: { image: /nowhere.img, every: 1d } }\n",
                to: scene.sandbox.configuration)
            #expect(try !scene.sandbox.run("run").succeeded)
            #expect(try findings(scene) == ["no_snapshot", "run_failed"])
            #expect(try findings(scene, "home") == [])
        }
    }

    @Test("what a pattern matches now, and no more")
    func pattern() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.sql("UPDATE snapshot SET origin = 'run', taken_at = taken_at - 36000000")
            try scene.scope.write("sources: { all: { image: \(scene.pool.path)/*.img, every: 1h } }\n", to: scene.sandbox.configuration)
            #expect(try findings(scene) == ["too_old"])
            _ = try scene.scope.plainImage("new.img", in: scene.pool.path)
            #expect(try findings(scene, "all") == ["too_old", "no_snapshot"])
            #expect(try findings(scene, "new") == ["no_snapshot"])
            for name in ["new.img", "home.img"] { try Command.run("mv", ["\(scene.pool.path)/\(name)", "\(scene.pool.path)/\(name).old"]) }
            // None at all is no usual change.
            #expect(try findings(scene) == ["configuration"])
            try scene.scope.write(
                "sources: { all: { image: \(scene.pool.path)/no/*.img, every: 1h } }\n", to: scene.sandbox.configuration)
            #expect(try findings(scene) == ["configuration"])
        }
    }

    @Test("a configuration that is gone: critical, for nothing is taken any more; where there never was one all is well")
    func configurationGone() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let sandbox = try scope.sandbox(asNobody: true)
            let own = pool.path.appending("own")
            try FileManager.default.createDirectory(atPath: own.string, withIntermediateDirectories: false)
            let image = try scope.plainImage(in: own)
            try Command.run("chown", ["-R", "65534:65534", own.string])
            #expect(try sandbox.run("create", image.string).succeeded)
            // A user's configuration is looked for in his home, where there is none.
            var losnap = sandbox.losnap
            losnap.environment["LOSNAP_CONFIG"] = nil
            #expect(try losnap.run(["check"]).status == .exited(0))
            try Command.run("sqlite3", [sandbox.catalogue.string, "UPDATE snapshot SET origin = 'run'"])
            let gone = try losnap.run(["check"])
            #expect(gone.status == .exited(2) && gone.stdout.contains("there is no configuration"), "\(gone.stdout)\(gone.stderr)")
        }
    }

    @Test("a prune that failed for a source without a schedule, until a run has taken something")
    func failedPrune() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let other = try scene.scope.plainImage("other.img", in: scene.pool.path)
            #expect(try scene.sandbox.run("create", other.string).succeeded)
            try scene.sql(
                """
                INSERT INTO event (at, kind, source_id, source_name, reason)
                SELECT (unixepoch() - 3600) * 1000, 'run_failed', id, name, 'prune: no' FROM source WHERE name = 'home'
                """)
            #expect(try findings(scene) == ["run_failed"])
            try scene.sql("UPDATE snapshot SET origin = 'run' WHERE number = 2")
            #expect(try findings(scene) == [])
        }
    }

    @Test("files that are missing, moved, orphaned, or of no concern", arguments: [Filesystem.xfs, .btrfs])
    func files(pool: Filesystem) throws {
        try CliScene.with(pool: pool, image: nil) { scene in
            for _ in 1...4 { try scene.create() }
            #expect(try findings(scene) == [])
            let files = try scene.files()
            let path = { (name: String) in scene.snapshots.appending(name).string }
            try Command.run("chattr", ["-i"] + files.map(path))
            // Another name: the same snapshot.
            try Command.run("mv", [path(files[1]), path("moved.img")])
            #expect(try findings(scene) == ["relocated"])
            #expect(try scene.sandbox.run("repair", "home").succeeded)
            #expect(try findings(scene) == [])
            // A copy, a stranger, and a snapshot of another catalogue.
            try Command.run("cp", ["--preserve=all", path(files[0]), path("copy.img")])
            try scene.scope.write("nothing", to: scene.snapshots.appending("notes.txt"))
            #expect(try findings(scene) == [])
            try scene.sql("PRAGMA foreign_keys = ON; DELETE FROM snapshot WHERE number = 3")
            #expect(try findings(scene) == ["orphans"])
            #expect(try scene.sandbox.run("check").stdout.contains("home: a snapshot file is not in the catalogue: \(path(files[2]))"))
            #expect(try scene.sandbox.run("repair", "home").succeeded)
            #expect(try findings(scene) == [])
            try scene.sql("UPDATE meta SET id = '00000000-0000-4000-8000-000000000000'")
            #expect(try findings(scene) == ["unavailable"])
        }
    }

    @Test("a file that is gone: named, until it is struck off")
    func missing() throws {
        try CliScene.with(image: nil) { scene in
            try configure(scene)
            for _ in 1...3 { try scene.create() }
            try scene.sql("UPDATE snapshot SET origin = 'run'; UPDATE snapshot SET taken_at = taken_at - 36000000 WHERE number < 3")
            #expect(try findings(scene) == [])
            let files = try scene.files().map { scene.snapshots.appending($0).string }
            try Command.run("chattr", ["-i"] + files)
            try Command.run("rm", ["-f", files[2]])
            // The newest is lost, and with it the last success.
            #expect(try findings(scene) == ["too_old", "missing"])
            let text = try scene.sandbox.run("check").stdout
            #expect(text.contains("CRITICAL: home: snapshot 3 is missing; hint: losnap repair home"), "\(text)")
            #expect(try scene.sandbox.json("list", "home")["snapshots"].count == 3)
            #expect(try scene.sandbox.run("repair", "home", "--forget").succeeded)
            #expect(try findings(scene) == ["too_old"])
            // The whole directory.
            try Command.run("rm", ["-rf", scene.snapshots.string])
            #expect(try findings(scene) == ["too_old", "unavailable"])
        }
    }

    @Test("a pool that is not there, and comes back")
    func unavailable() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.pool.mount.unmount()
            #expect(try findings(scene) == ["unavailable"])
            #expect(try scene.sandbox.run("check").status == .exited(2))
            try scene.pool.mount.mountAgain()
            #expect(try findings(scene) == [])
        }
    }

    @Test("a pool that is nearly full", arguments: [Filesystem.xfs, .btrfs])
    func fullPool(kind: Filesystem) throws {
        try CliScene.with(pool: kind, image: nil, poolSize: kind.smallSize) { scene in
            try scene.create()
            #expect(try findings(scene) == [])
            _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(scene.pool.path)/filler", "bs=1M", "status=none"], within: .seconds(120))
            #expect(try findings(scene) == ["pool_full"])
            let text = try scene.sandbox.run("check").stdout
            #expect(
                text.hasPrefix("LOSNAP CRITICAL - \(scene.pool.path): ") && text.contains("% of the pool is used, more than 95%"), "\(text)"
            )
            #expect(text.contains("'pool_\(scene.pool.path)'="))
            try scene.scope.write("check: { pool-critical: null }\n", to: scene.sandbox.configuration)
            #expect(try scene.sandbox.run("check").status == .exited(1))
            try scene.scope.write("check: { pool-warning: null, pool-critical: null }\n", to: scene.sandbox.configuration)
            #expect(try findings(scene) == [])
        }
    }

    @Test("left frozen by dead processes: told, not thawed", arguments: [Filesystem.ext4, .btrfs])
    func leftFrozen(kind: Filesystem) throws {
        try CliScene.with(image: kind) { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let frozen = scene.sandbox.runtime.appending("frozen")
            try Command.run("mkdir", ["-p", "-m", "700", frozen.string])
            let device = try #require(
                MountTable(prefix: "", mountInfo: mountInfo()).entries.first { $0.mountPoint == image.path.string }?.device)
            let uuid =
                kind == .btrfs
                ? try FilesystemUUID(Command.run("blkid", ["-o", "value", "-s", "UUID", scene.image.string]).dropLast()) : nil
            func record(_ processes: [ProcessIdentity], boot: String = currentBootID()) throws {
                let record = FreezeRecord(boot: boot, device: device, uuid: uuid, mountPoint: image.path.string, processes: processes)
                try scene.scope.write(record.text, to: frozen.appending(record.fileName))
            }
            let own = try #require(ProcessIdentity(pid: getpid()))
            let dead = ProcessIdentity(pid: own.pid, startTime: own.startTime + 1)
            try record([own])
            #expect(try findings(scene) == [])
            try record([dead], boot: "another")
            #expect(try findings(scene) == [])
            try record([dead, dead])
            try image.mount.freeze()
            #expect(try findings(scene) == ["left_frozen"])
            #expect(try scene.sandbox.run("check").stdout.contains("CRITICAL: \(image.path): left frozen by a losnap that was killed"))
            // A catalogue on what is frozen is not opened: that would hang.
            let inside = try scene.sandbox.losnap.run(["check", "--catalogue", "\(image.path)/catalogue.sqlite"], within: .seconds(30))
            #expect(inside.status == .exited(2))
            #expect(inside.stdout.contains("UNKNOWN: \(image.path)/catalogue.sqlite: not opened"), "\(inside.stdout)")
            #expect(try Metrics(scene.sandbox.run("check", "--prometheus", "-").stdout).value("losnap_freeze_records_left") == 1)
            // Still frozen, once, and the hint is good.
            #expect(try scene.sandbox.run("thaw").stdout == "\(image.path): thawed\n")
            #expect(image.mount.thaw() == 0)
            #expect(try findings(scene) == [])
        }
    }

    private func mountInfo() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "/proc/self/mountinfo"))) }

    @Test("what can't be read: unknown, but a configuration that is wrong is critical")
    func unreadable() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.scope.write("sources: { home: { imag: /x } }\n", to: scene.sandbox.configuration)
            #expect(try findings(scene) == ["configuration"])
            #expect(try scene.sandbox.run("check").status == .exited(2))
            try scene.scope.write("sources: { home: { image: /other.img, every: 1h } }\n", to: scene.sandbox.configuration)
            #expect(try findings(scene) == ["configuration"])
            try scene.scope.write("", to: scene.sandbox.configuration)
            #expect(try findings(scene, "--config", "/nowhere.yaml") == ["configuration"])
            #expect(try scene.sandbox.run("check", "--config", "/nowhere.yaml").status == .exited(3))
            #expect(try scene.sandbox.run("check", "hoem").stdout.contains("no source is called 'hoem'; hint: did you mean home?"))
            try scene.sql("PRAGMA user_version = 9999")
            let newer = try scene.sandbox.run("check")
            #expect(
                newer.status == .exited(3) && newer.stdout.hasPrefix("LOSNAP UNKNOWN - \(scene.sandbox.catalogue): "), "\(newer.stdout)")
            let full = try Tool(executable: "/bin/sh").run(
                ["-c", "exec \(scene.sandbox.losnap.executable) check >/dev/full"], environment: scene.sandbox.losnap.environment)
            #expect(full.status == .exited(3) && full.stderr.contains("the output could not be written"), "\(full.stderr)")
        }
    }

    @Test("metrics are replaced in one step, for all to read")
    func metrics() throws {
        try CliScene.with(image: nil) { scene in
            try configure(scene)
            try scene.create()
            let directory = try scene.scope.freshDirectory("collector")
            let file = directory.appending("losnap.prom")
            try scene.scope.write("old", to: file)
            let old = try FileDescriptor.open(file, .readOnly)
            let outcome = try Tool(executable: "/bin/sh").run(
                ["-c", "umask 077; exec \(scene.sandbox.losnap.executable) check --prometheus losnap.prom"],
                environment: scene.sandbox.losnap.environment, directory: directory)
            // Critical, for the schedule has taken nothing; but that is in the file.
            #expect(outcome.succeeded && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome)")
            let metrics = try Metrics(String(contentsOfFile: file.string, encoding: .utf8))
            #expect(metrics.value("losnap_check_status") == 2)
            #expect(metrics.value("losnap_snapshots", "source", "home") == 1)
            #expect(metrics.value("losnap_pool_used_ratio", "pool", scene.pool.path.string) ?? 1 < 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["losnap.prom"])
            #expect(try Command.run("stat", ["-c", "%a", file.string]) == "644\n")
            // Whoever was reading the old one goes on reading that.
            let rest = try old.closeAfter { try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { try old.read(into: $0) } }
            #expect(rest == 3)
            for target in ["\(directory)/no/losnap.prom", directory.string, "/proc/losnap.prom"] {
                let failed = try scene.sandbox.run("check", "--prometheus", target)
                #expect(failed.status == .exited(3) && Complaint(failed).errors.count == 1 && failed.stdout.isEmpty, "\(failed)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["losnap.prom"])
        }
    }

    @Test("while others take and remove snapshots nothing looks missing or orphaned")
    func meanwhile() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let losnap = scene.sandbox.losnap
            let work = """
                for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
                    \(losnap.executable) create home --wait --quiet && \(losnap.executable) prune home --wait --quiet --keep-last 2 || exit 1
                done
                """
            let worker = try scene.scope.start(Tool(executable: "/bin/sh").invocation(["-c", work], environment: losnap.environment))
            var count = 0
            while worker.poll() == nil {
                let outcome = try scene.sandbox.run("check")
                #expect(outcome.succeeded, "\(outcome.stdout)\(outcome.stderr)")
                count += 1
            }
            #expect(worker.finish(within: .seconds(60)).succeeded)
            #expect(count > 0)
        }
    }
}
