// What a shell is offered at the TAB key, without a shell: where the words come from, and that what goes wrong gives none.

import SystemPackage
import TestSupport
import Testing

@testable import losnap

@Suite struct CompletionTests {
    private func candidates(
        _ subject: CompletionCandidates.Subject, _ words: String..., environment: [String: String] = [:]
    ) -> [String] {
        let session = session(environment: environment)
        return CompletionCandidates(session: session, words: words, index: words.count - 1).all(subject)
    }

    @Test func `policies are those of the configuration that the line names`() throws {
        try TestScope.with { scope in
            let path = scope.directory.appending("losnap.yaml")
            try scope.write("policies:\n  standard: { keep: { last: 1 } }\n  stately: { keep: { last: 2 } }\n", to: path)
            #expect(candidates(.policy, "losnap", "", environment: ["LOSNAP_CONFIG": path.string]) == ["standard", "stately"])
            #expect(candidates(.policy, "losnap", "--config", path.string, "state") == ["stately"])
            #expect(candidates(.policy, "losnap", "--config=\(path)", "stan") == ["standard"])
            #expect(candidates(.policy, "losnap", "--config", "/nonexistent/x", "") == [])
            try scope.write("no: configuration\n", to: path)
            #expect(candidates(.policy, "losnap", "--config", path.string, "") == [])
        }
    }

    @Test func `without a catalogue there is nothing to offer`() {
        for subject in [CompletionCandidates.Subject.source, .snapshot, .sourceOrSnapshot] {
            for word in ["", "h", "home@", "4"] { #expect(candidates(subject, "losnap", "show", word) == []) }
        }
    }

    @Test func `the additions find their places in the parser's scripts`() {
        let expected = [
            "bash": ["__losnap_words() {", "-F __losnap_words losnap", "compopt +o filenames"], "zsh": ["then _files;"],
            "fish": ["__fish_complete_path (commandline -t)"],
        ]
        for (shell, additions) in expected {
            let script = run("--generate-completion-script", shell).stdout
            for addition in additions { #expect(script.contains(addition), "\(shell): \(addition)") }
        }
    }

    @Test func `what can't be asked is answered with nothing`() {
        for line in ["---completion", "---completion no -- positional@0", "---completion list -- --none 1 1"] {
            let words = line.split(separator: " ").map(String.init)
            let session = session(words)
            #expect(Program.run(words, in: session) == .done)
            #expect(session.complaints.collected.isEmpty)
        }
    }
}
