// `check` and what lies on the pools: files that are missing or too many, pools that are away or full. Nothing looks wrong while others are at work.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Check: files and pools", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliCheckFilesTests {
    @Test("files that are missing, moved, orphaned, or of no concern", arguments: [Filesystem.xfs, .btrfs])
    func files(pool: Filesystem) throws {
        try CliScene.with(pool: pool, image: nil) { scene in
            for _ in 1...4 { try scene.create() }
            #expect(try scene.checkFindings() == [])
            let files = try scene.files()
            let path = { (name: String) in scene.snapshots.appending(name).string }
            try Command.run("chattr", ["-i"] + files.map(path))
            // Another name: the same snapshot.
            try Command.run("mv", [path(files[1]), path("moved.img")])
            #expect(try scene.checkFindings() == ["relocated"])
            #expect(try scene.sandbox.run("repair", "home").succeeded)
            #expect(try scene.checkFindings() == [])
            // A copy, a stranger, and a snapshot of another catalogue.
            try Command.run("cp", ["--preserve=all", path(files[0]), path("copy.img")])
            try scene.scope.write("nothing", to: scene.snapshots.appending("notes.txt"))
            #expect(try scene.checkFindings() == [])
            try scene.sql("PRAGMA foreign_keys = ON; DELETE FROM snapshot WHERE number = 3")
            #expect(try scene.checkFindings() == ["orphans"])
            #expect(try scene.sandbox.run("check").stdout.contains("home: a snapshot file is not in the catalogue: \(path(files[2]))"))
            #expect(try scene.sandbox.run("repair", "home").succeeded)
            #expect(try scene.checkFindings() == [])
            try scene.sql("UPDATE meta SET id = '00000000-0000-4000-8000-000000000000'")
            #expect(try scene.checkFindings() == ["unavailable"])
        }
    }

    @Test("a file that is gone: named, until it is struck off")
    func missing() throws {
        try CliScene.with(image: nil) { scene in
            try scene.takeHourly()
            for _ in 1...3 { try scene.create() }
            try scene.sql("UPDATE snapshot SET origin = 'run'; UPDATE snapshot SET taken_at = taken_at - 36000000 WHERE number < 3")
            #expect(try scene.checkFindings() == [])
            let files = try scene.files().map { scene.snapshots.appending($0).string }
            try Command.run("chattr", ["-i"] + files)
            try Command.run("rm", ["-f", files[2]])
            // The newest is lost, and with it the last success.
            #expect(try scene.checkFindings() == ["too_old", "missing"])
            let text = try scene.sandbox.run("check").stdout
            #expect(text.contains("CRITICAL: home: snapshot 3 is missing; hint: losnap repair home"), "\(text)")
            #expect(try scene.sandbox.json("list", "home")["snapshots"].count == 3)
            #expect(try scene.sandbox.run("repair", "home", "--forget").succeeded)
            #expect(try scene.checkFindings() == ["too_old"])
            // The whole directory.
            try Command.run("rm", ["-rf", scene.snapshots.string])
            #expect(try scene.checkFindings() == ["too_old", "unavailable"])
        }
    }

    @Test("a pool that is not there, and comes back")
    func unavailable() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.pool.mount.unmount()
            #expect(try scene.checkFindings() == ["unavailable"])
            #expect(try scene.sandbox.run("check").status == .exited(2))
            try scene.pool.mount.mountAgain()
            #expect(try scene.checkFindings() == [])
        }
    }

    @Test("a pool that is nearly full", arguments: [Filesystem.xfs, .btrfs])
    func fullPool(kind: Filesystem) throws {
        try CliScene.with(pool: kind, image: nil, poolSize: kind.smallSize) { scene in
            try scene.create()
            #expect(try scene.checkFindings() == [])
            _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(scene.pool.path)/filler", "bs=1M", "status=none"], within: .seconds(120))
            #expect(try scene.checkFindings() == ["pool_full"])
            let text = try scene.sandbox.run("check").stdout
            #expect(
                text.hasPrefix("LOSNAP CRITICAL - \(scene.pool.path): ") && text.contains("% of the pool is used, more than 95%"), "\(text)"
            )
            #expect(text.contains("'pool_\(scene.pool.path)'="))
            try scene.scope.write("check: { pool-critical: null }\n", to: scene.sandbox.configuration)
            #expect(try scene.sandbox.run("check").status == .exited(1))
            try scene.scope.write("check: { pool-warning: null, pool-critical: null }\n", to: scene.sandbox.configuration)
            #expect(try scene.checkFindings() == [])
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
