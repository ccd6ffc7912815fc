// Completion: what the shells are given, and what they make of it. The rule: bash completes for real, from a script that was just generated;
// the other scripts are read by their shells, and the words that they would ask for are asked for here.

import CloneCore
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Completion", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CompletionTests {
    private static let shells = ["bash", "zsh", "fish"]
    private static let missing = shells.first { Command.find($0) == nil }

    @Test(
        "each shell reads its script", .enabled(if: missing == nil, "\(missing ?? "every shell") is not installed"), arguments: shells,
        ["losnap", "loclone"])
    func syntax(shell: String, program: String) throws {
        try TestScope.with { scope in
            let tool = program == "losnap" ? Tool.losnap : Tool.loclone
            let script = scope.freshPath("script")
            try scope.write(tool.run(["--generate-completion-script", shell]).stdout, to: script)
            let outcome = try Command.outcome(shell, ["-n", script.string])
            #expect(outcome.succeeded && outcome.stderr.isEmpty, "\(outcome.stderr)")
            #expect(try String(contentsOfFile: script.string, encoding: .utf8).contains(program))
        }
    }

    @Test("bash completes commands, options, sources, snapshots and paths")
    func bash() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--label", "before-upgrade")
            try scene.create("--time", "2024-07-01T10:00:00Z")
            _ = try scene.sandbox.json("source", "add", "hotel", scene.scope.plainImage("hotel.img", in: scene.pool.path).string)
            let bash = try Bash(scene)
            #expect(try bash.completions("losnap", "sh") == ["show"])
            #expect(try bash.completions("losnap", "source", "re") == ["remove", "rename"])
            #expect(try bash.completions("losnap", "list", "--si") == ["--since"])
            #expect(try bash.completions("losnap", "list", "--sort", "al") == ["allocated"])
            #expect(try bash.completions("losnap", "list", "h") == ["home", "hotel"])
            #expect(try bash.completions("losnap", "create", "home", "") == ["home", "hotel"])
            #expect(try bash.completions("losnap", "log", "hom") == ["home"])
            #expect(try bash.completions("losnap", "source", "rename", "hot") == ["hotel"])
            #expect(try bash.completions("losnap", "show", "hom") == ["home@latest", "home@oldest"])
            // Readline divides words at @ and :, and wants only what follows.
            #expect(try bash.completions("losnap", "show", "home", "@") == ["before-upgrade", "latest", "oldest"])
            #expect(try bash.completions("losnap", "show", "home", "@", "b") == ["before-upgrade"])
            #expect(try bash.completions("losnap", "delete", "home", "@", "latest", " ", "home", "@", "o") == ["oldest"])
            #expect(try bash.completions("losnap", "show", "home", "@", "2024") == ["2024-07-01T10:00:00"])
            #expect(try bash.completions("losnap", "show", "home", "@", "2024-07-01T10", ":", "0") == ["00:00"])
            #expect(try bash.completions("losnap", "show", "2") == ["2"])
            #expect(try bash.completions("losnap", "list", "/etc/host") == bash.files("/etc/host*"))
            #expect(try bash.completions("losnap", "list", "--config", "/etc/host") == bash.files("/etc/host*"))
            // What the configuration has, and the catalogue has not yet.
            try scene.configure(
                """
                sources:
                  hostel: { image: POOL/hostel.img, every: 1h }
                  houses: { image: 'POOL/hou*.img', every: 1h }
                  hospital: { image: POOL/hospital.img }
                  home: { image: POOL/home.img, group: hobby }
                  horse: { image: POOL/horse.img, group: hobby, every: 1d }
                """)
            _ = try scene.scope.plainImage("house1.img", in: scene.pool.path)
            #expect(
                try bash.completions("losnap", "run", "ho")
                    == ["hobby", "home", "horse", "hostel", "hotel", "house1", "houses"])
            #expect(try bash.completions("losnap", "create", "hos") == ["hospital", "hostel"])
            #expect(try bash.completions("losnap", "create", "hous") == ["house1"])
            #expect(try bash.completions("losnap", "list", "hos") == [])
            // A configuration that is wrong keeps nothing from being offered that the catalogue has.
            try scene.configure("sources: [")
            #expect(try bash.completions("losnap", "run", "ho") == ["home", "hotel"])
            // Another catalogue has other sources.
            #expect(try bash.completions("losnap", "list", "--catalogue", "=", "/nonexistent/c", " ", "h") == [])
            #expect(try bash.completions("losnap", "show", "nobody", "@", "") == [])
        }
    }

    @Test("in zsh a colon divides, and is written so that it does not")
    func colons() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create("--time", "2024-07-01T10:00:00Z")
            let asked = ["---completion", "show", "--", "positional@0", "2", "9", "losnap", "show", "home@2024"]
            for (shell, answer) in [("zsh", #"home@2024-07-01T10\:00\:00"#), ("fish", "home@2024-07-01T10:00:00")] {
                let outcome = try scene.sandbox.losnap.run(asked, environment: ["SAP_SHELL": shell])
                #expect(outcome.stdout.split(separator: "\n").first.map(String.init) == answer)
            }
        }
    }

    @Test("no label is carried out by bash")
    func hostileLabels() throws {
        try CliScene.with(image: nil) { scene in
            let trap = scene.scope.directory.appending("sprung")
            for label in ["$(touch \(trap))", "`touch \(trap)`", "two words", "plain"] { try scene.create("--label", label) }
            #expect(try Bash(scene).completions("losnap", "show", "home", "@", "") == ["latest", "oldest", "plain"])
            #expect(!FileManager.default.fileExists(atPath: trap.string))
        }
    }

    @Test("asking changes nothing, waits for nothing and says nothing")
    func silence() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let held = image.path.appending("state/catalogue.sqlite")
            let made = try scene.sandbox.losnap.run(
                ["source", "add", "home", scene.image.string], environment: ["LOSNAP_CATALOGUE": held.string])
            try #require(made.succeeded, "\(made)")
            // Frozen, and left so by processes that are dead: any other command would thaw it.
            let status = try Command.run("stat", ["-c", "%Hd:%Ld", image.path.string]).trimmingCharacters(in: .whitespacesAndNewlines)
            let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8).trimmingCharacters(in: .newlines)
            let gone = ProcessIdentity(pid: Int32.max, startTime: 1)
            let device = status.split(separator: ":").compactMap { UInt32($0) }
            let record = FreezeRecord(
                state: .frozen, boot: boot, device: DeviceNumber(major: device[0], minor: device[1]), mountPoint: image.path.string,
                processes: [gone, gone])
            try image.mount.freeze()
            try scene.scope.write(record.text, to: scene.sandbox.runtime.appending("frozen").appending(record.fileName))

            let asked = ["---completion", "show", "--", "positional@0", "2", "5", "losnap", "show", "home@"]
            let answer = try scene.sandbox.losnap.run(asked)
            #expect(answer.succeeded && answer.stdout == "home@latest\nhome@oldest\n" && answer.stderr.isEmpty)
            // A catalogue on what is frozen is not opened: the shell would hang with it.
            let inside = try scene.sandbox.losnap.run(asked, environment: ["LOSNAP_CATALOGUE": held.string], within: .seconds(20))
            #expect(inside.succeeded && inside.stdout == "\n" && inside.stderr.isEmpty, "\(inside)")
            // A script of another version may ask for anything; a catalogue may be none.
            for words in [["---completion"], ["---completion", "nothing", "--", "positional@0", "1", "1", "losnap"]] {
                let answer = try scene.sandbox.losnap.run(words)
                #expect(answer.succeeded && answer.stderr.isEmpty)
            }
            let ruined = scene.scope.freshPath("ruined")
            try scene.scope.write("no catalogue at all, and long enough to be read as one", to: ruined)
            let other = try scene.sandbox.losnap.run(asked, environment: ["LOSNAP_CATALOGUE": ruined.string])
            #expect(other.succeeded && other.stdout == "\n" && other.stderr.isEmpty)

            #expect(try scene.sandbox.run("thaw").stdout == "\(image.path): thawed\n")
            #expect(try scene.sandbox.run("thaw", "--quiet").stdout.isEmpty)
        }
    }
}

/// A bash that has read the script, asked without a terminal.
private struct Bash {
    private let scene: CliScene
    private let script: FilePath

    init(_ scene: CliScene) throws {
        self.scene = scene
        script = scene.scope.freshPath("completion.bash")
        try scene.scope.write(scene.sandbox.losnap.run(["--generate-completion-script", "bash"]).stdout, to: script)
    }

    /// What is offered for the last word, sorted. Words as readline divides them: what follows one of @, = and :, or is one, is joined to
    /// the word before; a single space stands for a space after such a word.
    func completions(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        var line = ""
        var pieces: [String] = []
        for word in words {
            let isDivider = ["@", "=", ":"].contains(word)
            if word == " " {
                line += " "
                continue
            }
            let isJoined = isDivider || pieces.last.map { ["@", "=", ":"].contains($0) } == true
            line += (line.isEmpty || (isJoined && !line.hasSuffix(" ")) || line.hasSuffix(" ") ? "" : " ") + word
            pieces.append(word)
        }
        let text = """
            source "$1"; shift
            COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
            COMP_LINE=$1; shift
            COMP_POINT=${#COMP_LINE} COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            __losnap_words losnap "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
            """
        var environment = scene.sandbox.losnap.environment
        let directory = scene.sandbox.losnap.executable.removingLastComponent().string
        environment["PATH"] = "\(directory):\(CleanEnvironment.variables["PATH", default: ""])"
        let outcome = try Tool(executable: "/bin/bash").run(
            ["--norc", "-c", text, "bash", script.string, line] + pieces, environment: environment)
        #expect(outcome.succeeded && outcome.stderr.isEmpty, "\(outcome.stderr)", sourceLocation: sourceLocation)
        return outcome.stdout.split(separator: "\n").map(String.init).sorted()
    }

    /// What the shell's own pattern finds.
    func files(_ pattern: String) throws -> [String] {
        try Command.run("bash", ["-c", "printf '%s\\n' \(pattern)"]).split(separator: "\n").map(String.init).sorted()
    }
}
