// The hooks for databases under Examples/hooks, around real servers whose data is in a mounted image, under load. The rule: what a snapshot is
// worth is shown by a server that starts on its copy, and by the server's own checks.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Databases", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliDatabaseTests {
    @Test("PostgreSQL under load: copies recover, pass amcheck, and go on from a backup to a later time", .needsPostgreSQL)
    func postgresql() throws {
        try CliScene.with(image: nil, poolSize: 4 << 30) { scene in
            let image = try scene.scope.mountedImage("database.img", in: scene.pool.path, .ext4, size: 768 << 20)
            let cluster = try PostgreSQLCluster.make(in: image.path, scope: scene.scope)
            let hooks = try HookScene(scene, "postgresql", image: image.file)
            let settings = "PGHOST=\(cluster.place) PGPORT=\(cluster.port) PGDATA=\(cluster.data)"
            let load = try cluster.load()

            try hooks.configure("checkpoint", settings)
            let first = try hooks.create()
            #expect(first["consistency"] == "frozen")
            try cluster.waitForLoad()

            try hooks.configure("backup", settings)
            let second = try hooks.create()
            #expect(image.mount.thaw() == 0)
            try cluster.waitForLoad()
            try cluster.query("CREATE TABLE later AS SELECT 1 AS one")
            let segment = try cluster.query("SELECT pg_walfile_name(pg_switch_wal())")
            try cluster.wait(until: "last_archived_wal >= '\(segment)' FROM pg_stat_archiver")
            #expect(try cluster.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'losnap'") == "0")
            #expect(hooks.leftInState() == ["lock"])

            try Self.hooksThatBreakOff(hooks, cluster, settings)
            load.send(SIGINT)
            _ = load.finish(within: .seconds(20))

            // As after a power cut.
            try Self.withCopy(of: first, of: cluster, in: scene) { copy in
                try copy.start("-c archive_mode=off")
                #expect(try copy.logged().contains("automatic recovery in progress"))
                try copy.expectSound()
            }
            // As a base backup, on to what happened after the snapshot.
            try Self.withCopy(of: second, of: cluster, in: scene) { copy in
                let number = try #require(second["number"].integer)
                let label = hooks.labels.appending("database/\(number)/backup_label")
                #expect(try String(contentsOfFile: label.string, encoding: .utf8).contains("LABEL: losnap database\n"))
                try Command.run("install", ["-o", "postgres", "-m", "600", "-t", copy.data.string, label.string])
                try Command.run("install", ["-o", "postgres", "-m", "600", "/dev/null", copy.data.appending("recovery.signal").string])
                try copy.start("-c archive_mode=off -c restore_command='cp \"\(cluster.archive)/%f\" \"%p\"'")
                try copy.wait(until: "NOT pg_is_in_recovery()")
                #expect(try copy.logged().contains("consistent recovery state reached"))
                #expect(try copy.query("SELECT one FROM later") == "1")
                try copy.expectSound()
            }

            try Self.refusals(hooks, cluster, settings)
            // At rest.
            try cluster.stop()
            let stopped = try scene.sandbox.run("create", "database")
            #expect(stopped.succeeded && stopped.stderr.contains("no server answers"), "\(stopped.stderr)")
        }
    }

    /// A `before` that fails, and a losnap that is killed, leave no backup in force for the next one.
    private static func hooksThatBreakOff(_ hooks: HookScene, _ cluster: PostgreSQLCluster, _ settings: String) throws {
        let inForce = "count(*) = 1 FROM pg_stat_activity WHERE application_name = 'losnap'"
        let command = try hooks.command("backup", settings)
        try hooks.configure(before: command + " && exit 3", after: command)
        #expect(try hooks.scene.sandbox.run("create", "database").status == .exited(1))
        #expect(hooks.leftInState() == ["lock"])
        try cluster.wait(until: "NOT (SELECT \(inForce))")

        try hooks.configure(before: command + " && kill -KILL $PPID", after: command)
        #expect(try hooks.scene.sandbox.run("create", "database").status == .signalled(SIGKILL))
        try cluster.wait(until: inForce)
        try hooks.configure("backup", settings)
        let number = try #require(hooks.create()["number"].integer)
        #expect(try hooks.labelled().count == 2 && hooks.labelled().last == number)
        #expect(hooks.leftInState() == ["lock"])

        // A session that is younger than the snapshot, of another losnap.
        try hooks.configure(before: command, after: "LOSNAP_HOOK=before \(command); \(command)")
        let late = try hooks.scene.sandbox.run("create", "database")
        #expect(late.status == .exited(3) && late.stderr.contains("was not ready when snapshot"), "\(late.status) \(late.stderr)")
        // The label of a snapshot that is gone goes with the next one.
        #expect(try hooks.scene.sandbox.run("delete", "\(number)").succeeded)
        try hooks.configure("backup", settings)
        let next = try #require(hooks.create()["number"].integer)
        #expect(try hooks.labelled().count == 2 && hooks.labelled().last == next)
    }

    /// What would make a snapshot worth less than the hook promises is refused.
    private static func refusals(_ hooks: HookScene, _ cluster: PostgreSQLCluster, _ settings: String) throws {
        let space = cluster.place.appending("space")
        try Command.run("install", ["-d", "-o", "postgres", "-m", "700", space.string])
        try cluster.query("CREATE TABLESPACE elsewhere LOCATION '\(space)'")
        try hooks.configure("checkpoint", settings)
        let spread = try hooks.scene.sandbox.run("create", "database")
        #expect(spread.status == .exited(1) && spread.stderr.contains("\(space) is on another filesystem"), "\(spread.stderr)")
        try cluster.query("DROP TABLESPACE elsewhere")

        try hooks.configure("checkpoint", settings + " PGPORT=1")
        let deaf = try hooks.scene.sandbox.run("create", "database")
        #expect(deaf.status == .exited(1) && deaf.stderr.contains("does not answer"), "\(deaf.stderr)")
    }

    /// Restores a snapshot beside the image, mounts it, and takes it down again.
    private static func withCopy(
        of snapshot: JSONValue, of cluster: PostgreSQLCluster, in scene: CliScene, _ body: (PostgreSQLCluster) throws -> Void
    ) throws {
        let number = try #require(snapshot["number"].integer)
        let file = scene.pool.path.appending("copy-\(number).img")
        #expect(try scene.sandbox.run("restore", "\(number)", "--to", file.string).succeeded)
        let mounted = try scene.scope.mountImage(file, .ext4)
        let copy = try cluster.copy(in: mounted.path, port: cluster.port + number)
        try body(copy)
        try copy.stop()
    }

    @Test("MariaDB under load: tables without a log are whole, too", .needsMariaDB)
    func mariadb() throws {
        try CliScene.with(image: nil, poolSize: 2 << 30) { scene in
            let image = try scene.scope.mountedImage("database.img", in: scene.pool.path, .ext4, size: 512 << 20)
            let server = try MariaDBServer.make(in: image.path, scope: scene.scope)
            try server.query(
                """
                CREATE DATABASE d;
                CREATE TABLE d.plain (i INT AUTO_INCREMENT PRIMARY KEY, v CHAR(200)) ENGINE=MyISAM;
                CREATE TABLE d.logged (i INT AUTO_INCREMENT PRIMARY KEY, v CHAR(200)) ENGINE=InnoDB;
                """)
            let hooks = try HookScene(scene, "mysql", image: image.file)
            try hooks.configure("", "HOOK_DEFAULTS=\(server.defaults)")
            let load = try server.load(
                "INSERT INTO d.plain (v) VALUES (REPEAT('x', 200)); INSERT INTO d.logged (v) VALUES (REPEAT('y', 200));")
            try server.wait { try server.query("SELECT COUNT(*) > 50 FROM d.logged") == "1" }
            let number = try #require(hooks.create()["number"].integer)
            #expect(image.mount.thaw() == 0 && hooks.leftInState() == ["lock"])
            let count = try server.query("SELECT COUNT(*) FROM d.plain")
            try server.wait { try server.query("SELECT COUNT(*) > \(count) FROM d.plain") == "1" }
            load.end()

            let file = scene.pool.path.appending("copy.img")
            #expect(try scene.sandbox.run("restore", "\(number)", "--to", file.string).succeeded)
            let copy = try server.copy(in: scene.scope.mountImage(file, .ext4).path)
            // One line: a table that was not closed has a warning before its OK.
            #expect(try copy.query("CHECK TABLE d.plain EXTENDED") == "d.plain\tcheck\tstatus\tOK")
            #expect(try copy.query("CHECK TABLE d.logged EXTENDED") == "d.logged\tcheck\tstatus\tOK")
            let ahead = try copy.query("SELECT (SELECT COUNT(*) FROM d.plain) - (SELECT COUNT(*) FROM d.logged)")
            #expect(ahead == "0" || ahead == "1")
            #expect(try copy.query("SELECT COUNT(*) > 50 FROM d.logged") == "1")

            copy.end()
            server.end()
            let stopped = try scene.sandbox.run("create", "database")
            #expect(stopped.succeeded && stopped.stderr.contains("no server answers"), "\(stopped.stderr)")
        }
    }
}
