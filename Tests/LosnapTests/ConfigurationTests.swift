// `config check`, `config show`, and pruning by configured policies, through the front. The rule: nothing is removed by a configuration that is wrong,
// nor from a source that it does not name exactly.

import Foundation
import Snapshots
import SystemPackage
import TestSupport
import Testing

@testable import Configuration
@testable import losnap

@Suite struct ConfigurationTests {
    /// A file whose place does not change from run to run, in messages.
    private func run(_ scope: TestScope, _ text: String, _ arguments: String...) throws -> (RunOutcome, FilePath) {
        let path = scope.directory.appending("losnap.yaml")
        try scope.write(text, to: path)
        let session = session(arguments, environment: ["LOSNAP_CONFIG": path.string, "TZ": "UTC"])
        let status = Program.run(arguments, in: session)
        return (RunOutcome(status: status, stdout: session.output.collected, stderr: session.complaints.collected), path)
    }

    private static let text = """
        policies:
          standard:
            keep: { hourly: 24, daily: 7 }
            timezone: Europe/London
          long:
            inherits: standard
            keep: { hourly: null, yearly: all }
            scope: all
        defaults: { policy: standard, before: null }
        sources:
          home: { image: /srv/home.img, every: 1h, policy: long }
          vms: { image: /srv/vms/*.img, every: [ 06:00, 18:00 ] }
        """

    @Test func `check says how much there is`() throws {
        try TestScope.with { scope in
            let (outcome, path) = try run(scope, Self.text, "config", "check")
            #expect(outcome.stdout == "\(path): 2 policies, 2 sources, no errors\n")
            #expect(outcome.status == .done)
            let json = try run(scope, Self.text, "config", "check", "--json").0
            #expect(json.stdout == #"{"file":"\#(path)","policy_count":2,"source_count":2,"warnings":[]}"# + "\n")
        }
    }

    @Test func `check tells every error`() throws {
        try TestScope.with { scope in
            let text = "policies: { a: { kep: 1 } }\nsources:\n  b: {}\n"
            let (outcome, path) = try run(scope, text, "config", "check")
            #expect(
                outcome.stderr == """
                    losnap: error: \(path):1:18: unknown key 'kep' in a
                    losnap: hint: did you mean keep?
                    losnap: error: \(path):3:3: the source 'b' has no image
                    losnap: hint: add image: /path/of/the/image

                    """)
            #expect(outcome.status == .configuration)
            let json = try JSONValue(parsing: run(scope, text, "config", "check", "--json").0.stderr)
            #expect(json["error"]["code"] == "configuration_invalid")
            #expect(json["problems"][1]["line"] == 3)
            #expect(json["problems"][0]["hint"] == "did you mean keep?")
            // Any command says so, if the configuration is named.
            #expect(try run(scope, text, "list").0.status == .configuration)
            #expect(try run(scope, text, "prune", "b", "--keep-last", "1").0.status == .configuration)
        }
    }

    @Test func `show has every value and its place`() throws {
        try TestScope.with { scope in
            let (outcome, path) = try run(scope, Self.text, "config", "show")
            expectGolden(outcome.stdout.replacing(path.string, with: "/c.yaml"), "config-show.txt")
            let json = try run(scope, Self.text, "config", "show", "--json").0.stdout
            expectGolden(json.replacing(path.string, with: "/c.yaml"), "config-show.json")
        }
    }

    @Test func `without a configuration nothing is configured`() {
        #expect(losnapRun("config", "show") == "nothing is configured\n")
        #expect(losnapRun("config", "check") == "there is no configuration, and none is needed\n")
        #expect(losnapRun("config", "check", "--json") == #"{"file":null,"policy_count":0,"source_count":0,"warnings":[]}"# + "\n")
    }

    private func losnapRun(_ arguments: String...) -> String {
        let session = session(arguments)
        _ = Program.run(arguments, in: session)
        return session.output.collected
    }

    @Test func `names are those of sources`() throws {
        for text in ["home", "a.b-c_1", "", ".a", "-a", "a b", "é", String(repeating: "x", count: 64), String(repeating: "x", count: 65)] {
            #expect((try? name(text)) == (try? SourceName(parsing: text))?.text)
        }
    }

    @Test func `tags are those of snapshots`() throws {
        for text in ["x", "a b", "é", "", "a,b", "a\nb", String(repeating: "x", count: 64), String(repeating: "x", count: 65)] {
            #expect((try? tag(text)) == (try? Tag(parsing: text))?.text)
        }
    }

    @Test func `prune needs rules from somewhere`() throws {
        try TestScope.with { scope in
            #expect(try run(scope, "sources: { a: { image: /a.img } }", "prune").0.status == .usage)
            let refused = try run(scope, Self.text, "prune", "--scope", "all").0
            #expect(refused.stderr.contains("--scope and --timezone go with rules"))
            let (outcome, _) = try run(scope, Self.text, "prune")
            #expect(outcome.status == .done)
            #expect(outcome.stdout == "there are no sources to prune\n")
            #expect(outcome.stderr.contains("warning: home: configured, but not in the catalogue yet"))
        }
    }

    @Test func `sources of the catalogue are pruned by their policy, and by nothing else`() throws {
        try TestScope.with { scope in
            let sandbox = try scope.sandbox()
            let path = sandbox.directory.appending("losnap.yaml")
            for name in ["home", "vm1", "other", "moved"] {
                let image = sandbox.directory.appending("\(name).img")
                try scope.write("x", to: image)
                _ = try sandbox.json("source", "add", name, image.string)
            }
            try scope.write(
                """
                policies:
                  p: { keep: { last: 3 }, timezone: Asia/Tokyo }
                  q: { keep: { daily: 7 }, scope: all }
                sources:
                  home: { image: \(sandbox.directory)/home.img, policy: p }
                  vms: { image: \(sandbox.directory)/vm*.img, policy: q, timezone: Europe/London }

                """, to: path)
            let environment = ["LOSNAP_CONFIG": path.string]
            func prune(_ arguments: String...) throws -> (JSONValue, String, Int32) {
                let outcome = try sandbox.losnap.run(["prune", "--json"] + arguments, environment: environment)
                guard case .exited(let status) = outcome.status else { return (.null, outcome.stderr, -1) }
                return (outcome.stdout.isEmpty ? .null : try JSONValue(parsing: outcome.stdout), outcome.stderr, Int32(status))
            }
            let all = try prune("--dry-run").0["sources"]
            #expect(all[0]["source"] == "home")
            #expect(all[0]["policy"] == "p")
            #expect(all[0]["timezone"] == "Asia/Tokyo")
            #expect(all[1]["source"] == "vm1")
            #expect(all[1]["policy"] == "q")
            #expect(all[1]["timezone"] == "Europe/London")
            #expect(try prune("other").2 == 64)
            // Rules replace the policy of what is named, and skip what has one otherwise.
            #expect(try prune("home", "--keep-last", "1").0["sources"][0]["policy"] == .null)
            let ruled = try prune("--keep-last", "1").0
            #expect(ruled["sources"][0]["source"] == "other")
            #expect(ruled["warnings"][0]["code"] == "skipped_configured")
            #expect(try prune("--keep-last", "1", "--all").0["sources"][0]["source"] == "home")
            // Another image under the same name is another thing.
            try scope.write(
                """
                policies: { p: { keep: { last: 1 } } }
                sources:
                  home: { image: \(sandbox.directory)/home.img, policy: p }
                  moved: { image: /elsewhere.img, policy: p }

                """, to: path)
            let (part, complaint, status) = try prune()
            #expect(part["sources"][0]["error"] == .null)
            #expect(part["sources"][1]["error"]["code"] == "configured_otherwise")
            #expect(complaint.contains("partial"))
            #expect(status == 3)
        }
    }
}
