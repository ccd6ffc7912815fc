// Text that a terminal would obey, written into the catalogue and the configuration behind losnap's back. The rule: no command writes it as it is, in no
// form; a refusal is as good as an escape.

import Foundation
import SystemPackage
import TestSupport
import Testing

private let nasty = "a\u{1B}[31m\u{9B}31m\u{202E}b\u{7}\u{2066}\u{7F}"

@Suite("Planted control characters", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliPlantedTextTests {
    private func expectClean(_ outcome: Outcome, _ what: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        for text in [outcome.stdout, outcome.stderr] {
            let dangerous = text.unicodeScalars.filter {
                $0 != "\n" && ($0.properties.generalCategory == .control || $0.properties.generalCategory == .format)
            }
            #expect(dangerous.isEmpty, "\(what): \(text)", sourceLocation: sourceLocation)
        }
        // A line break that came out as one would begin a line with what is behind it.
        #expect(!(outcome.stdout + outcome.stderr).contains("\nPLANTED"), "\(what): \(outcome.stdout)", sourceLocation: sourceLocation)
    }

    private static let looks: [[String]] = [
        ["list"], ["list", "-q"], ["list", "--csv"], ["list", "--json"], ["list", "--columns", "number,label,tags,hold,image,path"],
        ["show", "1"],
        ["show", "1", "--json"], ["source", "list"], ["source", "list", "--json"], ["log"], ["log", "--json"], ["check"],
        ["check", "--prometheus", "-"], ["prune", "--keep-last", "1", "--dry-run"], ["restore", "1", "--dry-run"],
        ["delete", "1", "--dry-run"],
        ["repair", "--dry-run"], ["run", "--dry-run"], ["show", "home@" + nasty],
    ]

    private static let changes = [
        "UPDATE snapshot SET label = X", "UPDATE snapshot SET hold_reason = X", "UPDATE snapshot_tag SET tag = X",
        "UPDATE source SET name = X",
        "UPDATE source SET image_path = '/' || X", "UPDATE snapshot SET image_path = '/' || X", "UPDATE snapshot SET file_name = X",
        "UPDATE event SET reason = X", "UPDATE event SET command = X", "UPDATE directory SET path = '/' || X",
        "UPDATE source SET policy = X",
        "UPDATE event SET source_name = X",
    ]

    @Test("in a value of the catalogue")
    func catalogue() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "plain", "--tag", "one", "--hold=reason")
            try scene.sql("PRAGMA wal_checkpoint(TRUNCATE)")
            let bytes = (nasty + "\nPLANTED").utf8.map { String(format: "%02x", $0) }.joined()
            for (index, change) in Self.changes.enumerated() {
                let copy = scene.sandbox.catalogue.removingLastComponent().appending("copy\(index).sqlite").string
                try Command.run("cp", [scene.sandbox.catalogue.string, copy])
                let text = change.replacing("X", with: "CAST(x'\(bytes)' AS TEXT)")
                try Command.run("sqlite3", [copy, "PRAGMA ignore_check_constraints = 1; " + text])
                for (number, look) in Self.looks.enumerated() where TestLength.isLong || number % 3 == index % 3 {
                    expectClean(try scene.sandbox.losnap.run(look, environment: ["LOSNAP_CATALOGUE": copy]), look + [change])
                }
            }
        }
    }

    @Test("in a configuration, right or wrong")
    func configuration() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let escaped = #""a\e[31m\x9b31m\u202eb\a\nPLANTED""#
            let texts = [
                "sources: { \(escaped): { image: /x } }", "policies: { \(escaped): { keep: { last: 1 } } }", "\(escaped): 1",
                "sources: { home: { image: \(escaped) } }", "sources: { home: { image: \(scene.image), before: \(escaped) } }",
                "sources: { home: { image: \(scene.image), policy: \(escaped) } }",
                "sources: { home: { image: \(scene.image), every: \(escaped) } }",
                "sources: { home: { image: \(scene.image), group: \(escaped), every: 1h } }",
                "policies: { p: { timezone: \(escaped), keep: { last: 1 } } }", "policies: { p: { keep: { label: \(escaped) } } }",
                "sources: \(nasty)", "\u{202E}\u{9B}: [",
            ]
            for (index, text) in texts.enumerated() {
                try scene.scope.write(text + "\n", to: scene.sandbox.configuration)
                let looks = [
                    ["config", "show"], ["config", "show", "--json"], ["run", "--dry-run"], ["check"], ["source", "list"],
                    ["policy", "list"],
                ]
                for (number, look) in looks.enumerated() where TestLength.isLong || number % 2 == index % 2 {
                    expectClean(try scene.sandbox.losnap.run(look), look + [text])
                }
            }
        }
    }
}
