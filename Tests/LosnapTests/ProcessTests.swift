// losnap as a process: streams that fail, and the whole way through a catalogue that needs no pool.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct ProcessTests {
    @Test func `a source comes and goes`() throws {
        try TestScope.with { scope in
            let sandbox = try scope.sandbox()
            let image = sandbox.directory.appending("home.img")
            try scope.write("not empty", to: image)
            #expect(try sandbox.json("source", "add", "home", image.string)["source"]["image"] == .string(image.string))
            #expect(try sandbox.run("source", "add", "home", image.string).status == .exited(64))
            #expect(try sandbox.json("source", "list")["sources"][0]["snapshot_count"] == 0)
            #expect(try sandbox.json("source", "rename", "home", "haus")["source"]["name"] == "haus")
            #expect(try sandbox.run("list", "huas").stderr.contains("did you mean haus?"))
            #expect(try sandbox.json("prune", "haus", "--keep-last", "1")["sources"][0]["removed"] == [])
            #expect(try sandbox.json("source", "remove", "haus")["source"]["name"] == "haus")
            #expect(try sandbox.json("source", "list")["sources"] == [])
            #expect(try sandbox.json("log", "--last", "1")["events"][0]["kind"] == "source_removed")
        }
    }

    @Test func `a reader that goes away is no error, a full disk is`() throws {
        try TestScope.with { scope in
            let sandbox = try scope.sandbox()
            let shell = Tool(executable: "/bin/sh")
            let losnap = sandbox.losnap.executable.string
            let gone = try shell.run(
                ["-c", "{ sleep 0.2; \(losnap) list --help; echo $? >&2; } | true"], environment: sandbox.losnap.environment)
            #expect(gone.stderr == "0\n")
            let full = try shell.run(["-c", "\(losnap) list --help > /dev/full"], environment: sandbox.losnap.environment)
            #expect(full.status == .exited(73))
            #expect(full.stderr.hasPrefix("losnap: error: the output could not be written: No space left on device\n"))
        }
    }

    @Test func `what is not a catalogue is refused`() throws {
        try TestScope.with { scope in
            let sandbox = try scope.sandbox()
            try scope.write("this is no database, and long enough to be looked at", to: sandbox.catalogue)
            Foundation.chmod(sandbox.catalogue.string, 0o600)
            let outcome = try sandbox.run("list", "--json")
            #expect(outcome.status == .exited(65))
            #expect(try JSONValue(parsing: outcome.stderr)["error"]["code"] == "not_a_catalogue")
        }
    }

    @Test func `times are shown in the zone of TZ`() throws {
        try TestScope.with { scope in
            let sandbox = try scope.sandbox()
            let image = sandbox.directory.appending("a.img")
            try scope.write("x", to: image)
            _ = try sandbox.json("source", "add", "a", image.string)
            let tokyo = try sandbox.run("log", environment: ["TZ": "Asia/Tokyo"]).stdout
            let utc = try sandbox.run("log", "--utc", environment: ["TZ": "Asia/Tokyo"]).stdout
            #expect(tokyo != utc)
            #expect(utc == (try sandbox.run("log").stdout))
        }
    }
}
