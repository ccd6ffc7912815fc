// `check` through the executable: schedules, runs and the configuration. The rule of every case: the hint works when typed, and afterwards all is well.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Check", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliCheckTests {
    @Test("the age of what the schedule took")
    func age() throws {
        try CliScene.with(image: nil) { scene in
            // The catalogue is not there yet: what is due has no snapshot.
            try scene.takeHourly()
            let first = try scene.sandbox.run("check")
            #expect(first.status == .exited(2))
            #expect(first.stdout.hasPrefix("LOSNAP CRITICAL - home: there is no snapshot yet, due every 1h\n"), "\(first.stdout)")
            try scene.create()
            #expect(try scene.checkFindings() == ["no_snapshot"])
            try scene.sql("UPDATE snapshot SET origin = 'run'")
            #expect(try scene.checkFindings() == [])
            let well = try scene.sandbox.run("check", "home").stdout
            #expect(
                well.wholeMatch(
                    of: /LOSNAP OK - 1 source, newest \d+s ago \| 'home_age'=\d+s;\d+;\d+;0 'missing'=0;;0;0 .*'=[\d.]+%;85;95;0;100\n/)
                    != nil, "\(well)")
            func turnBack(hours: Int) throws { try scene.sql("UPDATE snapshot SET taken_at = taken_at - \(hours) * 3600000") }
            try turnBack(hours: 2)
            #expect(try scene.checkFindings() == ["too_old"])
            #expect(try scene.sandbox.run("check").status == .exited(1))
            try turnBack(hours: 4)
            #expect(try scene.checkFindings(scene.image.string) == ["too_old"])
            #expect(try scene.sandbox.run("check").status == .exited(2))
            // Nothing having changed is as good as a snapshot.
            try scene.sql(
                """
                INSERT INTO event (at, kind, source_id, source_name)
                SELECT unixepoch() * 1000, 'run_unchanged', id, name FROM source
                """)
            #expect(try scene.checkFindings() == [])
            try scene.scope.write(
                "sources: { home: { image: \(scene.image), every: 1h, missed-warning: null, missed-critical: 24 } }\n",
                to: scene.sandbox.configuration)
            try scene.sql("DELETE FROM event WHERE kind = 'unchanged'")
            #expect(try scene.checkFindings() == [])
        }
    }

    @Test("the age of what somebody's script takes")
    func maxAge() throws {
        try CliScene.with(image: nil) { scene in
            try scene.configure("sources:\n  home: { image: POOL/home.img, max-age: 2d }\n  other: { image: POOL/other.img }")
            // The catalogue is not there yet.
            let none = try scene.sandbox.run("check")
            #expect(none.status == .exited(2), "\(none.stdout)")
            #expect(none.stdout.contains("CRITICAL: home: there is no snapshot, and at most 2d is allowed by max-age; "), "\(none.stdout)")
            // As its hint says.
            #expect(try scene.sandbox.run("create", "home").succeeded)
            #expect(try scene.checkFindings() == [])
            #expect(try scene.sandbox.json("check")["sources"][0]["max_age"] == "2d")
            #expect(try scene.sandbox.run("check").stdout.firstMatch(of: /'home_age'=\d+s;172800;518400;0\ /) != nil)
            try scene.age(days: 3)
            #expect(try scene.checkFindings("home") == ["too_old"])
            #expect(try scene.sandbox.run("check").status == .exited(1))
            try scene.age(days: 4)
            #expect(try scene.sandbox.run("check").status == .exited(2))
            try scene.create()
            #expect(try scene.checkFindings() == [])
        }
    }

    @Test("a run that failed, until one has not")
    func failedRun() throws {
        try CliScene.with(image: nil) { scene in
            try scene.takeHourly()
            try scene.create()
            try scene.sql("UPDATE snapshot SET origin = 'run'")
            let insertion = "INSERT INTO event (at, kind, source_id, source_name, reason) "
            try scene.sql(insertion + "SELECT (unixepoch() - 7200) * 1000, 'run_failed', id, name, 'old' FROM source")
            #expect(try scene.checkFindings() == [])
            try scene.sql(insertion + "SELECT (unixepoch() + 1) * 1000, 'run_failed', id, name, 'take: no |\nspace' FROM source")
            #expect(try scene.checkFindings() == ["run_failed"])
            let text = try scene.sandbox.run("check").stdout
            #expect(text.contains("home: the last run failed: take: no \u{A6}\\nspace; hint: losnap log home"), "\(text)")
            // What failed before it could be registered is known by its name.
            try scene.scope.write(
                "sources: { home: { image: \(scene.image) }, new: { image: /nowhere.img, every: 1d } }\n", to: scene.sandbox.configuration)
            try scene.sql(
                "DELETE FROM event WHERE kind = 'run_failed'; " + insertion + "VALUES (unixepoch() * 1000, 'run_failed', NULL, 'new', 'x')")
            #expect(try scene.checkFindings() == ["no_snapshot", "run_failed"])
            #expect(try scene.checkFindings("new") == ["no_snapshot", "run_failed"])
            #expect(try scene.checkFindings("home") == [])
        }
    }

    @Test("what run does, check sees")
    func afterRun() throws {
        try CliScene.with(image: nil) { scene in
            try scene.takeHourly()
            let first = try scene.sandbox.run("run")
            #expect(first.succeeded, "\(first.stderr)")
            #expect(try scene.checkFindings() == [])
            try scene.sql("UPDATE snapshot SET taken_at = taken_at - 7200000")
            try Command.run("mv", [scene.image.string, "\(scene.image).away"])
            #expect(try !scene.sandbox.run("run").succeeded)
            #expect(try scene.checkFindings() == ["too_old", "run_failed"])
            try Command.run("mv", ["\(scene.image).away", scene.image.string])
            // As the hint says: by itself it would wait for a while.
            #expect(try scene.sandbox.run("check").stdout.contains("losnap run home tries again at once"))
            #expect(try scene.sandbox.run("run", "home").succeeded)
            #expect(try scene.checkFindings() == [])
            // One that could never be registered.
            try scene.scope.write(
                "sources: { home: { image: \(scene.image), every: 1h }, new: { image: /nowhere.img, every: 1d } }\n",
                to: scene.sandbox.configuration)
            #expect(try !scene.sandbox.run("run").succeeded)
            #expect(try scene.checkFindings() == ["no_snapshot", "run_failed"])
            #expect(try scene.checkFindings("home") == [])
        }
    }

    @Test("what a pattern matches now, and no more")
    func pattern() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.sql("UPDATE snapshot SET origin = 'run', taken_at = taken_at - 36000000")
            try scene.scope.write("sources: { all: { image: \(scene.pool.path)/*.img, every: 1h } }\n", to: scene.sandbox.configuration)
            #expect(try scene.checkFindings() == ["too_old"])
            _ = try scene.scope.plainImage("new.img", in: scene.pool.path)
            #expect(try scene.checkFindings("all") == ["too_old", "no_snapshot"])
            #expect(try scene.checkFindings("new") == ["no_snapshot"])
            for name in ["new.img", "home.img"] { try Command.run("mv", ["\(scene.pool.path)/\(name)", "\(scene.pool.path)/\(name).old"]) }
            // None at all is no usual change.
            #expect(try scene.checkFindings() == ["configuration"])
            try scene.scope.write(
                "sources: { all: { image: \(scene.pool.path)/no/*.img, every: 1h } }\n", to: scene.sandbox.configuration)
            #expect(try scene.checkFindings() == ["configuration"])
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
            #expect(try scene.checkFindings() == ["run_failed"])
            try scene.sql("UPDATE snapshot SET origin = 'run' WHERE number = 2")
            #expect(try scene.checkFindings() == [])
        }
    }

    @Test("what can't be read: unknown, but a configuration that is wrong is critical")
    func unreadable() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.scope.write("sources: { home: { imag: /x } }\n", to: scene.sandbox.configuration)
            #expect(try scene.checkFindings() == ["configuration"])
            #expect(try scene.sandbox.run("check").status == .exited(2))
            try scene.scope.write("sources: { home: { image: /other.img, every: 1h } }\n", to: scene.sandbox.configuration)
            #expect(try scene.checkFindings() == ["configuration"])
            try scene.scope.write("", to: scene.sandbox.configuration)
            #expect(try scene.checkFindings("--config", "/nowhere.yaml") == ["configuration"])
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
}
