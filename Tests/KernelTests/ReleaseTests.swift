// The main job with whatever programs LOSNAP_BIN_DIR names. Tests/run runs these once more against the release build, which is linked in
// another way: a static program has been seen to take every time zone for GMT without a word, and it carries its own SQLite.

import SystemPackage
import TestSupport
import Testing

@Suite("Release build", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct ReleaseTests {
    @Test("summer time is known, on the screen and in the calendar of the rules")
    func timeZones() throws {
        try TestScope.with { scope in
            let image = try scope.image(in: scope.pool().path)
            let sandbox = try scope.sandbox()
            for time in ["2024-07-01T10:00:00Z", "2024-07-01T22:30:00Z", "2024-07-01T23:30:00Z"] {
                try #require(try sandbox.run("create", image.string, "--time", time).succeeded)
            }
            let local = try sandbox.run("list", "home", environment: ["TZ": "Europe/London"])
            #expect(local.stdout.contains("2024-07-02 00:30:00"))
            #expect(try sandbox.run("list", "home", environment: ["TZ": "UTC"]).stdout.contains("2024-07-01 23:30:00"))

            // In London the last one was taken on another day than the one before it; in UTC all three on one.
            let rules = ["prune", "home", "--keep-daily", "2", "--dry-run", "--json", "--timezone"]
            for (zone, removed) in [("Europe/London", 1), ("UTC", 2)] {
                let outcome = try sandbox.losnap.run(rules + [zone])
                let plan = try JSONValue(parsing: outcome.stdout)["sources"][0]
                #expect(plan["removed"].count == 1)
                #expect(plan["removed"][0]["snapshot"]["number"] == .integer(removed), "\(zone)")
            }
            #expect(try sandbox.losnap.run(rules + ["Europe/Nowhere"]).status == .exited(64))
        }
    }

    @Test("create under write load, list, prune, restore", arguments: [Filesystem.xfs, .btrfs])
    func mainJob(pool kind: Filesystem) throws {
        try TestScope.with { scope in
            let sandbox = try scope.sandbox()
            let mounted = try scope.mountedImage(in: scope.pool(kind).path)
            let writer = try scope.writer(in: mounted.path)
            for label in ["one", "two", "three"] {
                try writer.waitForProgress()
                let outcome = try sandbox.run("create", mounted.path.string, "--label", label)
                try #require(outcome.succeeded, "\(outcome.stderr)")
            }
            #expect(try sandbox.json("list", "home")["snapshots"].count == 3)
            #expect(try sandbox.run("prune", "home", "--keep-last", "1", "--keep-label", "two").succeeded)
            #expect(try sandbox.json("list", "home")["snapshots"].array?.map { $0["number"] } == [2, 3])

            try writer.stop()
            let last = try #require(Writer.numbers(in: mounted.path))
            #expect(try sandbox.run("restore", "home@two").status == .exited(75))
            try mounted.mount.unmount()
            try mounted.device.detach()
            let restored = try sandbox.run("restore", "home@two")
            try #require(restored.succeeded, "\(restored.stderr)")

            let again = try scope.mountImage(mounted.file, mounted.kind)
            let numbers = try #require(Writer.numbers(in: again.path))
            #expect(numbers.ahead - numbers.behind == 0 || numbers.ahead - numbers.behind == 1)
            #expect(numbers.behind < last.behind)
            #expect(try sandbox.json("list", "home")["snapshots"].array?.last?["origin"] == "safety")
        }
    }

    @Test("loclone replaces in one step, and says what it does not freeze")
    func loclone() throws {
        try TestScope.with { scope in
            let image = try scope.image(in: scope.pool().path)
            let copy = image.removingLastComponent().appending("copy.img")
            try scope.write("an older file", to: copy)
            let runtime = ["LOSNAP_RUNTIME_DIR": try scope.freshDirectory("run", mode: 0o700).string]
            let outcome = try Tool.loclone.run([image.string, copy.string], environment: runtime)
            try #require(outcome.succeeded, "\(outcome.stderr)")
            #expect(outcome.stdout.contains("not freezing"))
            try Command.run("cmp", [image.string, copy.string])
        }
    }
}
