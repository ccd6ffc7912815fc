// Aliases of aliases, which would take years to compose. The rule: refused with the place of the first, and what only looks like one is let be.

import Configuration
import SystemPackage
import Testing

@Suite("Aliases of aliases", .timeLimit(.minutes(1)))
struct AliasTests {
    @Test("as keys, in lists and in mappings: refused at once, with a place", arguments: ["[%, %]", "{? % : %}"])
    func refused(form: String) throws {
        let lines = (1...40).map { "a\($0): &a\($0) \(form.replacing("%", with: "*a\($0 - 1)"))" }
        let text = (["# é", "a0: &a0 [x, x]"] + lines + ["? *a40", ": 1", ""]).joined(separator: "\n")
        let error = #expect(throws: ConfigurationError.self) { try LosnapConfiguration(parsing: text, path: "/f") }
        guard case .invalid(_, let problems) = error else { return }
        let problem = try #require(problems.first)
        #expect(problems.count == 1 && problem.message.contains("aliases are not understood"))
        #expect(problem.position.line == 3 && problem.position.column == (form.hasPrefix("[") ? 10 : 12))
    }

    @Test("stars and ampersands in commands are none")
    func commands() throws {
        let command = (1...20).map { "rm *tmp\($0) &tmp\($0 + 100) && ls *" }.joined(separator: " ; ")
        let text = "sources:\n  home:\n    image: /srv/home.img\n    before: \(command)\n"
        #expect(try LosnapConfiguration(parsing: text, path: "/f").sources.first?.before == .shell(command))
    }
}
