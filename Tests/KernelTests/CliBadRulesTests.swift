// Bad input: rules that say nothing, or nonsense. The rule of them all: then nothing is removed.

import TestSupport
import Testing

@Suite("Bad input: rules and references", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliBadRulesTests {
    @Test("numbers that are none", arguments: ["-1", "0", "x", "", "1.5", "99999999999999999999"])
    func numbers(text: String) throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            let refusal = Refusal(64, "invalid_limit", says: "--keep-daily", hint: "")
            try scene.expect("prune", "home", "--keep-daily", text, refused: refusal)
            if text.isEmpty { return }
            try scene.expect("prune", "home", "--keep-last", "1", "--keep-daily=\(text)", refused: refusal)
        }
    }

    @Test("durations that are none", arguments: ["-1d", "0", "x", "3", "1h2y", ""])
    func durations(text: String) throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            try scene.expect(
                "prune", "home", "--keep-within", text, refused: Refusal(64, "invalid_duration", says: "--keep-within", hint: ""))
        }
    }

    @Test("no rules")
    func none() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            try scene.expect("prune", "home", refused: Refusal(64, "no_rules", says: "'home'", hint: "--keep-daily"))
            try scene.expect("prune", refused: Refusal(64, "no_rules", says: "no rules", hint: "--keep-daily"))
        }
    }

    @Test("rules that match nothing, unless forced")
    func matchNothing() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...3 { try scene.create() }
            let refusal = Refusal(64, "rules_match_nothing", says: "'home'", "2 snapshots", hint: "--force")
            let outcome = try scene.sandbox.run("prune", "home", "--keep-label", "befor-*")
            refusal.check(text: outcome)
            #expect(try scene.numbers() == [1, 2, 3])
            #expect(try scene.sandbox.run("prune", "home", "--keep-label", "befor-*", "--force").succeeded)
            #expect(try scene.numbers() == [3])
        }
    }

    @Test("an empty variable of a script does not make the next word a value")
    func emptyValue() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            for option in ["--keep-daily=", "--keep-label=", "--timezone=", "--catalogue="] {
                try scene.expect(
                    "prune", "--keep-last", "1", option, "home",
                    refused: Refusal(64, "usage", says: "'\(option)'", hint: "leave the option out"))
            }
        }
    }

    @Test("an unknown rule, with the nearest")
    func unknownRule() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            try scene.expect(
                "prune", "home", "--keep-dayly", "7", refused: Refusal(64, "usage", says: "--keep-dayly", hint: "--keep-daily"))
            try scene.expect(
                "prune", "home", "--keep-last", "1", "--frob", refused: Refusal(64, "usage", says: "--frob", hint: "prune --help"))
        }
    }

    @Test("an unknown time zone is not taken for GMT")
    func unknownZone() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 { try scene.create() }
            let refusal = Refusal(64, "unknown_time_zone", says: "Europe/Lundon", hint: "Europe/London")
            try scene.expect("prune", "home", "--keep-daily", "1", "--timezone", "Europe/Lundon", refused: refusal)
            try scene.expect(
                ["prune", "home", "--keep-daily", "1"], by: scene.sandbox.losnap, environment: ["TZ": "Europe/Lundon"], refused: refusal)
        }
    }

    @Test(
        "snapshots that don't exist, with the nearest", arguments: ["77", "home@nolabel", "home@2001-01-01", "home@latest~9", "home@10y"])
    func unknownSnapshot(reference: String) throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "nolable")
            try scene.expect("show", reference, refused: Refusal(66, "unknown_snapshot", says: "'\(reference)'", hint: "1 (home"))
            try scene.expect("delete", reference, refused: Refusal(66, "unknown_snapshot", says: "'\(reference)'", hint: "1 (home"))
            try scene.expect("delete", "1", reference, refused: Refusal(66, "unknown_snapshot", says: "'\(reference)'", hint: "1 (home"))
        }
    }

    @Test(
        "references that mean nothing",
        arguments: ["home", "home@", "@latest", "home@latest~x", "home@2026-13-01", "home@2026-11", "0", "-5"])
    func invalidReference(reference: String) throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let outcome = try scene.sandbox.run("show", "--", reference)
            #expect([.exited(64), .exited(66)].contains(outcome.status))
            let complaint = Complaint(outcome)
            #expect(complaint.errors.count == 1 && complaint.hints.count == 1 && complaint.others.isEmpty, "\(outcome.stderr)")
            #expect(complaint.errors[0].contains("'\(reference)'"))
        }
    }

    @Test("an ambiguous name of two removed sources, and how to say which")
    func ambiguous() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...2 {
                try scene.create()
                #expect(try scene.sandbox.run("source", "remove", "home", "--keep-snapshots").succeeded)
            }
            try scene.expect("show", "home@latest", refused: Refusal(64, "ambiguous_source", says: "'home'", hint: "number"))
            try scene.expect("delete", "home@oldest", refused: Refusal(64, "ambiguous_source", says: "'home'", hint: "number"))
            #expect(try scene.sandbox.run("show", "1").succeeded)
        }
    }

    @Test("words that read like another reference are no labels", arguments: ["latest", "42", "2h", "2026-11-22", "a\tb", "a@b"])
    func labels(text: String) throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.expect(
                "create", "home", "--label", text, refused: Refusal(64, "invalid_label", says: "can't be a label", hint: ""))
            try scene.expect("label", "1", text, refused: Refusal(64, "invalid_label", says: "can't be a label", hint: ""))
        }
    }

    @Test("times that are none, or in the future")
    func times() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            try scene.expect(
                "create", "home", "--time", "soon", refused: Refusal(64, "invalid_time", says: "'soon'", hint: "2026-11-23T07:00:00Z"))
            try scene.expect(
                "create", "home", "--time", "2999-01-01T00:00:00Z", refused: Refusal(64, "time_in_future", says: "2999", hint: "past"))
            try scene.expect("list", "--since", "2026-02-30", refused: Refusal(64, "invalid_time", says: "2026-02-30", hint: "2026-11-23"))
            try scene.expect("create", "home", "--max-freeze", "1ms", refused: Refusal(64, "out_of_range", says: "--max-freeze", hint: ""))
        }
    }

    @Test("a command that is none, with the nearest")
    func unknownCommand() throws {
        try CliScene.with(image: nil) { scene in
            try scene.expect("crate", refused: Refusal(64, "unknown_command", says: "'crate'", hint: "losnap create"))
            try scene.expect("source", "ad", refused: Refusal(64, "unknown_command", says: "'source ad'", hint: "losnap source add"))
            try scene.expect("create", refused: Refusal(64, "usage", says: "source", hint: "losnap create --help"))
            try scene.expect("list", "--colums", "a", refused: Refusal(64, "usage", says: "--colums", hint: "--columns"))
            try scene.expect("list", "--columns", "nmber", refused: Refusal(64, "usage", says: "'nmber'", hint: "'number'"))
        }
    }
}
