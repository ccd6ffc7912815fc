// Bad input: the catalogue can't be used. It and the snapshots stay as they are, and where the hint says `repair --rebuild`, that works.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Bad input: the catalogue", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliBadCatalogueTests {
    @Test("not SQLite: refused as it is, and rebuilt when it is moved away")
    func notSQLite() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "precious", "--hold=for good")
            try replaceCatalogue(scene, with: String(repeating: "this is no database\n", count: 100))
            for command in [["create", scene.image.string], ["list"], ["prune", "home", "--keep-last", "1"], ["repair"]] {
                let refusal = Refusal(65, "not_a_catalogue", says: scene.sandbox.catalogue.string, "not an SQLite", hint: "--rebuild")
                refusal.check(text: try scene.sandbox.losnap.run(command))
                try refusal.check(json: try scene.sandbox.losnap.run(command + ["--json"]))
            }
            #expect(try String(contentsOfFile: scene.sandbox.catalogue.string, encoding: .utf8).hasPrefix("this is no database"))
            let rebuilt = try scene.sandbox.run("repair", "--rebuild", scene.pool.path.string)
            #expect(rebuilt.succeeded, "\(rebuilt.stderr)")
            let snapshot = try scene.sandbox.json("show", "home@precious")["snapshot"]
            #expect(snapshot["held"] == true && snapshot["hold_reason"] == "for good" && snapshot["number"] == 1)
        }
    }

    @Test("corrupt: damage in the middle is found, not followed")
    func corrupt() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...3 { try scene.create() }
            let files = try scene.files()
            try scene.sql("PRAGMA wal_checkpoint(TRUNCATE)")
            let file = try FileDescriptor.open(scene.sandbox.catalogue, .readWrite)
            try file.closeAfter {
                // Every page but the first, which says that this is a catalogue.
                let garbage = [UInt8](repeating: 0xA5, count: 4096)
                let size = try file.seek(offset: 0, from: .end)
                for page in 1..<(size / 4096) { _ = try file.writeAll(toAbsoluteOffset: page * 4096, garbage) }
            }
            let refusal = Refusal(65, "catalogue_corrupt", says: scene.sandbox.catalogue.string, "damaged", hint: "--rebuild")
            for command in [["list"], ["create", scene.image.string], ["prune", "home", "--keep-last", "1"]] {
                refusal.check(text: try scene.sandbox.losnap.run(command))
                try refusal.check(json: try scene.sandbox.losnap.run(command + ["--json"]))
            }
            #expect(try scene.files() == files)
            let rebuilt = try scene.sandbox.run("repair", "--rebuild", scene.pool.path.string)
            #expect(rebuilt.succeeded && rebuilt.stdout.contains("3 snapshots"), "\(rebuilt.stderr)")
            #expect(try scene.numbers() == [1, 2, 3])
            #expect(try scene.create() == 4)
        }
    }

    @Test("rebuilt from more directories than there may be open files")
    func manyDirectories() throws {
        try CliScene.with(image: nil) { scene in
            for number in 1...40 {
                let image = scene.pool.path.appending("image\(number).img").string
                try Command.run("cp", ["--reflink=always", scene.image.string, image])
                let taken = try scene.sandbox.run("create", image)
                try #require(taken.succeeded, "\(taken.stderr)")
            }
            for ending in ["", "-wal", "-shm"] { unlink(scene.sandbox.catalogue.string + ending) }
            let losnap = scene.sandbox.losnap
            let rebuilt = try Tool(executable: "/usr/bin/prlimit").run(
                ["--nofile=60:4096", losnap.executable.string, "repair", "--rebuild", scene.pool.path.string],
                environment: losnap.environment)
            #expect(rebuilt.succeeded && rebuilt.stdout.contains("40 snapshots of 40 sources"), "\(rebuilt)")
        }
    }

    @Test("beneath a plain file, where no create could make one: said so")
    func beneathFile() throws {
        try CliScene.with(image: nil) { scene in
            let refusal = Refusal(64, "not_a_directory", says: scene.image.string, hint: "name another directory")
            for command in [["list"], ["create", scene.image.string]] {
                let inside = ["--catalogue", "\(scene.image)/in/catalogue.sqlite"]
                refusal.check(text: try scene.sandbox.losnap.run(command + inside))
                try refusal.check(json: try scene.sandbox.losnap.run(command + inside + ["--json"]))
            }
        }
    }

    @Test("a lock that is no file: the hint makes room for it")
    func lockIsDirectory() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let locks = scene.sandbox.runtime.appending("lock")
            for name in try FileManager.default.contentsOfDirectory(atPath: locks.string) {
                let lock = locks.appending(name).string
                unlink(lock)
                mkdir(lock, 0o700)
            }
            for _ in 1...20 {
                let refused = try scene.sandbox.run("create", "home")
                if refused.succeeded { break }
                let hint = try #require(Complaint(refused).hints.first)
                let command = try #require(hint.split(separator: "`").dropFirst().first)
                try Command.run("sh", ["-c", String(command)])
            }
            #expect(try scene.numbers() == [1, 2])
        }
    }

    @Test("made by a newer losnap")
    func newer() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.sql("PRAGMA user_version = 9999")
            let refusal = Refusal(65, "catalogue_newer", says: scene.sandbox.catalogue.string, "newer", hint: "use the losnap that made it")
            for command in [["list"], ["create", scene.image.string], ["delete", "1"], ["repair"]] {
                try scene.expect(command, by: scene.sandbox.losnap, refused: refusal)
            }
        }
    }

    @Test("another program's database")
    func foreign() throws {
        try CliScene.with(image: nil) { scene in
            unlink(scene.sandbox.catalogue.string)
            try scene.sql("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')")
            chmod(scene.sandbox.catalogue.string, 0o600)
            let refusal = Refusal(65, "not_a_catalogue", says: scene.sandbox.catalogue.string, "another program", hint: "--catalogue FILE")
            refusal.check(text: try scene.sandbox.run("create", scene.image.string))
            try refusal.check(json: try scene.sandbox.run("list", "--json"))
            #expect(try scene.sql("SELECT name FROM recipes") == "soup\n")
        }
    }

    @Test("locked by another program: busy, and --wait waits")
    func locked() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let ready = scene.scope.freshPath("ready")
            let shell = Tool(executable: "/bin/sh")
            let holder = try scene.scope.start(
                shell.invocation(
                    ["-c", "exec sqlite3 '\(scene.sandbox.catalogue)'"],
                    input: "BEGIN EXCLUSIVE;\n.shell touch '\(ready)'; sleep 60\n"))
            while access(ready.string, F_OK) != 0 { usleep(5000) }
            let json = try scene.scope.start(scene.sandbox.losnap.invocation(["source", "rename", "home", "house", "--json"]))
            let refusal = Refusal(75, "catalogue_locked", says: scene.sandbox.catalogue.string, "another process", hint: "--wait")
            refusal.check(text: try scene.sandbox.run("create", "home"))
            let plain = Refusal(75, "catalogue_locked", says: scene.sandbox.catalogue.string, "another process", hint: "when it is done")
            try plain.check(json: json.finish(within: .seconds(30)))
            let waiting = try scene.scope.start(scene.sandbox.losnap.invocation(["create", "home", "--wait", "--json"]))
            // A reader is not kept out.
            #expect(try scene.numbers() == [1])
            #expect(waiting.poll() == nil)
            holder.end()
            #expect(waiting.finish(within: .seconds(30)).succeeded)
            #expect(try scene.numbers() == [1, 2])
        }
    }

    @Test("somebody else's, or one that others can write")
    func exposed() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let path = scene.sandbox.catalogue.string
            chown(path, TestScope.nobody, TestScope.nobody)
            try scene.expect(
                "create", "home", refused: Refusal(77, "catalogue_exposed", says: path, "belongs to user 65534", hint: "as its owner"))
            chown(path, 0, 0)
            chmod(path, 0o666)
            try scene.expect(
                "create", "home", refused: Refusal(77, "catalogue_exposed", says: path, "others may write", hint: "chmod go-w"))
            // The hint, followed.
            try Command.run("chmod", ["go-w", path])
            try scene.create()
        }
    }

    @Test("none, where one was named")
    func missing() throws {
        try CliScene.with(image: nil) { scene in
            let path = scene.scope.freshPath("no-catalogue").string
            let outcome = try scene.sandbox.run("list", "--catalogue", path)
            #expect(outcome.succeeded && outcome.stdout.isEmpty)
            #expect(Complaint(outcome).warnings.first?.contains(path) == true)
            try scene.expect(
                "repair", "--catalogue", path, refused: Refusal(66, "catalogue_missing", says: path, hint: "losnap create", "--rebuild"))
        }
    }

    @Test("gone, though its reserve is there: none is made in its place, and rebuilt as the hint says")
    func lost() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "precious")
            let path = scene.sandbox.catalogue.string
            for ending in ["", "-wal", "-shm"] { unlink(path + ending) }
            let refusal = Refusal(
                66, "catalogue_lost", says: path, "its reserve is there", hint: "losnap repair --rebuild", path + ".reserve")
            for command in [["create", scene.image.string], ["repair"]] {
                refusal.check(text: try scene.sandbox.losnap.run(command))
                try refusal.check(json: try scene.sandbox.losnap.run(command + ["--json"]))
            }
            let listed = try scene.sandbox.run("list")
            #expect(listed.succeeded && Complaint(listed).warnings.first?.contains("its reserve is there") == true)
            #expect(try scene.sandbox.run("repair", "--rebuild", scene.pool.path.string).succeeded)
            #expect(try scene.sandbox.json("show", "home@precious")["snapshot"]["number"] == 1)
            #expect(try scene.create() == 2)
        }
    }

    @Test("older than the source: refused, and the source taken in again as the hint says")
    func olderThanSource() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "precious")
            // What a copy from before the source was registered does not have.
            try scene.sql(
                "DELETE FROM event; DELETE FROM snapshot; DELETE FROM directory; DELETE FROM source; PRAGMA wal_checkpoint(TRUNCATE)")
            let directory = scene.snapshots.string
            try scene.expect(
                "create", scene.image.string,
                refused: Refusal(
                    1, "directory_of_unknown_source", says: directory, "does not know", hint: "losnap repair \(directory)"))
            let planned = try scene.sandbox.run("repair", directory, "--dry-run")
            #expect(planned.succeeded && planned.stdout.contains("home, \(directory): would be adopted"), "\(planned)")
            #expect(try scene.numbers().isEmpty)
            let repaired = try scene.sandbox.run("repair", directory)
            #expect(repaired.succeeded && repaired.stdout.contains("home, \(directory): adopted (the source itself)"), "\(repaired)")
            #expect(try scene.sandbox.json("show", "home@precious")["snapshot"]["number"] == 1)
            #expect(try scene.create() == 2)
            #expect(try scene.sandbox.run("repair", directory).stdout == "all is well\n")
        }
    }

    @Test("the disk with the catalogue is full: nothing half, prune works by the reserve")
    func fullDisk() throws {
        try CliScene.with(image: nil) { scene in
            let disk = try scene.scope.pool(.ext4, size: 16 << 20)
            let catalogue = disk.path.appending("catalogue.sqlite").string
            var losnap = scene.sandbox.losnap
            losnap.environment["LOSNAP_CATALOGUE"] = catalogue
            for _ in 1...4 { #expect(try losnap.run(["create", scene.image.string]).succeeded) }
            let files = try scene.files()
            _ = try Command.outcome("dd", ["if=/dev/zero", "of=\(disk.path)/filler", "bs=4k", "status=none"])
            // What is in the log may still fit; sooner or later it does not.
            var made = 0
            var refused: Outcome?
            while refused == nil, made < 50 {
                let outcome = try losnap.run(["create", "home"])
                if outcome.succeeded { made += 1 } else { refused = outcome }
            }
            let outcome = try #require(refused)
            Refusal(73, "catalogue_full", says: catalogue, "full", hint: "free some space").check(text: outcome)
            let listed = try losnap.run(["list", "-q"])
            #expect(listed.succeeded, "\(listed.stderr)")
            #expect(listed.stdout.split(separator: "\n").count == files.count + made)
            #expect(try scene.files().count == files.count + made)
            scene.expectNothingFrozen()
            let pruned = try losnap.run(["prune", "home", "--keep-last", "1"])
            #expect(pruned.succeeded, "\(pruned.stderr)")
            #expect(try scene.files().count == 1)
        }
    }

    private func replaceCatalogue(_ scene: CliScene, with text: String) throws {
        for end in ["", "-wal", "-shm"] { unlink(scene.sandbox.catalogue.string + end) }
        try scene.scope.write(text, to: scene.sandbox.catalogue)
        chmod(scene.sandbox.catalogue.string, 0o600)
    }
}
