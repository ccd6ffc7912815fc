// Examples/systemd/losnap.service under a systemd that runs. The rule: the unit is the example, line by line, but for the path of the program, and a
// drop-in that leads losnap to the test's own places.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite(
    "The service under systemd", .needsRoot, .blocking, .enabled(if: Command.find("systemd-run") != nil, "systemd is not installed"),
    .timeLimit(.minutes(15)))
struct SystemdServiceTests {
    @Test("it takes what is due, with hooks, and prunes; the timer leads to it")
    func takes() throws {
        try CliScene.with { scene in
            let service = try Service(scene.scope, scene.sandbox.losnap)
            try scene.create("--time", "2024-07-01T10:00:00Z")
            try scene.configure(
                """
                policies: { few: { keep: { last: 1 }, scope: all } }
                sources:
                  home: { image: POOL/home.img, every: 1h, policy: few, before: cat /proc/self/cgroup >\(scene.scope.directory)/before }
                """)
            let outcome = try service.box.systemctl("start", "losnap.service")
            #expect(outcome.succeeded, "\(outcome.stderr)\(service.state)\(service.words)")
            let snapshots = try scene.listed()
            #expect(snapshots.count == 1 && snapshots.first?["origin"] == "run" && snapshots.first?["consistency"] == "frozen")
            let group = try String(contentsOfFile: scene.scope.directory.appending("before").string, encoding: .utf8)
            #expect(group.contains("losnap.service"))
            #expect(service.state == "Result=success\nActiveState=inactive\n" && service.words.isEmpty)
            scene.expectNothingFrozen()
            // Perf events tell what is written while a fragmented image is cloned. (Here it is in a namespace, where that is not tried.)
            let filter = try service.box.systemctl("show", "--property=SystemCallFilter", "losnap.service").stdout
            #expect(filter.contains("ptrace") && !filter.contains("perf_event_open"), "\(filter)")

            try scene.age(days: 1)
            // Every second, for there are five minutes between its own.
            try service.add("[Timer]\nOnCalendar=*:*:*\n", to: "losnap.timer")
            #expect(try service.box.systemctl("start", "losnap.timer").succeeded)
            try eventually("the timer has it taken", within: .seconds(30)) { try scene.numbers().last == 3 }
            #expect(try service.box.systemctl("stop", "losnap.timer").succeeded)
            try eventually("it is done") { service.state == "Result=success\nActiveState=inactive\n" }
            #expect(service.words.isEmpty)

            // It fails as losnap does.
            try scene.configure("sources: { home: { image: POOL/gone.img, every: 1h } }")
            #expect(try !service.box.systemctl("start", "losnap.service").succeeded)
            #expect(service.state == "Result=exit-code\nActiveState=failed\n")
        }
    }

    @Test("killed with its guard while a filesystem is frozen: thawed by the unit itself")
    func killed() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            var losnap = Tool.losnap
            losnap.environment["LOSNAP_RUNTIME_DIR"] = scene.runtime.string
            let probe = losnap.executable.removingLastComponent().appending("freezeprobe")
            let command = "\(probe) clone \(scene.runtime) --stall cloneRange:2:600 \(scene.image.file) \(scene.destination)"
            let service = try Service(scope, losnap, run: command)
            #expect(try service.box.systemctl("start", "--no-block", "losnap.service").succeeded)
            try eventually("it is frozen", within: .seconds(20)) { access(scene.runtime.appending("at-cloneRange-2").string, F_OK) == 0 }
            // First stopped, so that the guard does not survive by a moment the one that it guards.
            #expect(try service.box.systemctl("kill", "--signal=STOP", "losnap.service").succeeded)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs() && scene.probe.records.count == 1)
            #expect(try service.box.systemctl("kill", "--signal=KILL", "losnap.service").succeeded)
            _ = try touch.through(within: .seconds(20))
            try eventually("it has ended") { service.state == "Result=signal\nActiveState=failed\n" }
            #expect(scene.probe.records.isEmpty)
            scene.image.mount.expectThawed()
        }
    }

    @Test("asked to stop, it runs the hooks that are due, and nothing of it is left")
    func stopped() throws {
        try CliScene.with { scene in
            let service = try Service(scene.scope, scene.sandbox.losnap)
            let place = scene.scope.directory
            try scene.configure(
                """
                sources:
                  home:
                    image: POOL/home.img
                    every: 1h
                    before: sleep 300 & touch \(place)/begun; sleep 300
                    after: touch \(place)/ended
                """)
            #expect(try service.box.systemctl("start", "--no-block", "losnap.service").succeeded)
            try waitFor(place.appending("begun"))
            let outcome = try service.box.systemctl("stop", "losnap.service")
            #expect(outcome.succeeded, "\(outcome.stderr)")
            #expect(access(place.appending("ended").string, F_OK) == 0)
            #expect(try scene.numbers().isEmpty)
            #expect(try service.box.run("ps", ["-e", "-o", "comm="]).stdout.contains("sleep") == false)
        }
    }

    @Test("a session that a hook holds is a unit of its own, and does its work when losnap is killed")
    func session() throws {
        try Guest.with { guest in
            let scene = guest.scene
            let service = try Service(scene.scope, scene.sandbox.losnap)
            let box = service.box
            func sessions() throws -> Int {
                try box.systemctl("list-units", "--all", "--plain", "--no-legend", "losnap-hook-libvirt-database-*")
                    .stdout.split(separator: "\n").count
            }
            let begun = scene.scope.directory.appending("begun")
            // What a unit would show to everybody, or change, is handed over unseen and unchanged.
            let note = #"$$ ${HOME} %n "$(touch /x)" "#
            let before = try guest.hooks.command("mail", "NOTE='\(note)' HOOK_THAW=10 " + guest.settings)
            let after = try guest.hooks.command("mail", guest.settings)
            try guest.hooks.configure(before: before, after: after, extra: "consistency: crash\n    every: 1h")
            let outcome = try box.systemctl("start", "losnap.service")
            #expect(outcome.succeeded, "\(outcome.stderr)\(service.state)\(service.words)")
            #expect(try scene.numbers() == [1])
            #expect(
                try guest.calls().filter { !$0.hasPrefix("qemu-agent-command") }
                    == ["domstate", "domfsfreeze", "domfsthaw"].map { "\($0) --domain mail" })
            #expect(!guest.isFrozen && guest.hooks.leftInState() == ["lock"])
            try eventually("the session is gone") { try sessions() == 0 }

            try scene.age(days: 1)
            try guest.hooks.configure(
                before: before + " && touch \(begun) && sleep 300", after: after, extra: "consistency: crash\n    every: 1h")
            #expect(try box.systemctl("start", "--no-block", "losnap.service").succeeded)
            try waitFor(begun)
            #expect(try guest.isFrozen && sessions() == 1)
            let unit = try box.systemctl("show", "losnap-hook-libvirt-database-*", "--property=Environment,ExecStart,ControlGroup").stdout
            #expect(unit.contains("ControlGroup=/system.slice/losnap-hook-libvirt-database-") && !unit.contains("NOTE"), "\(unit)")
            #expect(try box.systemctl("kill", "--signal=KILL", "losnap.service").succeeded)
            try eventually("losnap has ended") { service.state == "Result=signal\nActiveState=failed\n" }
            // Nobody comes: no `after`, and none of losnap's processes is left.
            #expect(try box.run("ps", ["-e", "-o", "comm="]).stdout.contains("losnap") == false)
            try guest.waitForThaw()
            #expect(try guest.note() == note)
            try eventually("the session is gone") { try sessions() == 0 }

            // The next one clears up what is left, and takes.
            try guest.hooks.configure(before: before, after: after, extra: "consistency: crash\n    every: 1h")
            let next = try box.systemctl("start", "losnap.service")
            #expect(next.succeeded, "\(next.stderr)\(service.state)\(service.words)")
            #expect(try scene.numbers() == [1, 2] && !guest.isFrozen && guest.hooks.leftInState() == ["lock"])
        }
    }

    @Test("the hooks hold sessions of databases under it, too", .needsPostgreSQL, .needsMariaDB)
    func databases() throws {
        try CliScene.with(image: nil, poolSize: 4 << 30) { scene in
            let image = try scene.scope.mountedImage("database.img", in: scene.pool.path, .ext4, size: 768 << 20)
            let cluster = try PostgreSQLCluster.make(in: image.path, scope: scene.scope)
            let server = try MariaDBServer.make(in: image.path, scope: scene.scope)
            let service = try Service(scene.scope, scene.sandbox.losnap)
            let postgresql = try HookScene(scene, "postgresql", image: image.file)
            let mysql = try HookScene(scene, "mysql", image: image.file)
            for (hooks, command) in [
                (postgresql, try postgresql.command("backup", "PGHOST=\(cluster.place) PGPORT=\(cluster.port)")),
                (mysql, try mysql.command("", "HOOK_DEFAULTS=\(server.defaults)")),
            ] {
                let here = scene.scope.freshPath("here")
                let look = "systemctl --plain --no-legend list-units 'losnap-hook-*' >\(here)"
                try hooks.configure(before: "\(command) && \(look)", after: command, extra: "every: 1h")
                let outcome = try service.box.systemctl("start", "losnap.service")
                #expect(outcome.succeeded && service.words.isEmpty, "\(outcome.stderr)\(service.state)\(service.words)")
                #expect(try String(contentsOfFile: here.string, encoding: .utf8).split(separator: "\n").count == 1)
                #expect(hooks.leftInState() == ["lock"])
                try scene.age(days: 1)
            }
            #expect(try scene.numbers() == [1, 2])
            #expect(try postgresql.labelled() == [1])
            #expect(try cluster.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'losnap'") == "0")
            scene.expectNothingFrozen()
            server.end()
            try cluster.stop()
        }
    }
}

/// The service in a box.
private struct Service {
    let box: SystemdBox
    private let said: FilePath

    /// - Parameter run: what it runs; `losnap run` unless given.
    init(_ scope: TestScope, _ losnap: Tool, run: String? = nil) throws {
        box = try scope.systemdBox()
        for name in ["losnap.service", "losnap.timer"] {
            let example = Self.examples.appending(name).string
            try Command.run("cp", [example, box.units.string])
            let program = "s|/usr/bin/losnap|\(losnap.executable)|"
            try Command.run("sed", ["-i", program, box.units.appending(name).string])
        }
        let variables = losnap.environment.sorted { $0.key < $1.key }.map { "Environment=\"\($0)=\($1)\"\n" }.joined()
        let instead = run.map { "ExecStart=\nExecStart=\($0)\n" } ?? ""
        said = scope.freshPath("said")
        // There is no journal.
        let output = "StandardOutput=append:\(said)\nStandardError=append:\(said)\n"
        try add("[Service]\n\(variables)\(instead)\(output)", to: "losnap.service")
    }

    /// Has a unit say more than the example.
    func add(_ lines: String, to unit: String) throws {
        let directory = box.units.appending("\(unit).d")
        mkdir(directory.string, 0o755)
        try lines.write(toFile: directory.appending("test.conf").string, atomically: true, encoding: .utf8)
        let outcome = try box.systemctl("daemon-reload")
        guard outcome.succeeded else { throw FixtureError("daemon-reload: \(outcome.stderr)") }
    }

    /// How it stands.
    var state: String {
        (try? box.systemctl("show", "losnap.service", "--property=Result", "--property=ActiveState").stdout) ?? "unknown"
    }

    /// What losnap and its hooks have said.
    var words: String { (try? String(contentsOfFile: said.string, encoding: .utf8)) ?? "" }

    private static let examples = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("Examples/systemd")
}
