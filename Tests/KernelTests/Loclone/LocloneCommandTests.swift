// loclone's words: options, statuses, and the manual page that goes with them; and what it is made of.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("loclone's command line", .timeLimit(.minutes(15)))
struct LocloneCommandTests {
    @Test(
        "wrong usage has status 1, says what is wrong and how to use it",
        arguments: [[], ["one"], ["a", "b", "c"], ["--frobnicate", "a", "b"]])
    func usage(arguments: [String]) throws {
        let outcome = try Tool.loclone.run(arguments)
        #expect(outcome.status == .exited(1) && outcome.stdout == "")
        let lines = outcome.stderr.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("loclone: error: "), "\(outcome)")
        #expect(lines.last == "loclone: hint: usage: loclone SOURCE DEST; loclone --help explains it")
    }

    @Test("--help and --version go to stdout", arguments: ["--help", "-h", "--version"])
    func help(option: String) throws {
        let outcome = try Tool.loclone.run([option])
        #expect(outcome.status == .exited(0) && outcome.stderr == "" && !outcome.stdout.isEmpty)
        if option != "--version" {
            #expect(outcome.stdout.contains("USAGE: loclone <source> <dest>") && outcome.stdout.contains("EXAMPLES:"))
        }
    }

    @Test("there is no SQLite in it")
    func noSQLite() throws {
        let program = Tool.loclone.executable.string
        #expect(!(try Command.outcome("ldd", [program]).stdout.contains("sqlite")))
        // The reverse proof: what is searched for is found in losnap, unless that too is built without names.
        let count = try Command.outcome("grep", ["-c", "sqlite3_prepare", program]).stdout
        #expect(count.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
    }

    @Test("the manual page has the options of the help, no more and no fewer")
    func manualOptions() throws {
        let page = try String(contentsOfFile: Self.manual, encoding: .utf8)
        let documented = Set(page.split(separator: "\n").filter { $0.hasPrefix(".It Fl ") }.flatMap { options(inMacro: $0) })
        let help = try Tool.loclone.run(["--help"]).stdout
        let offered = Set(
            help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
                line.split(whereSeparator: { " ,".contains($0) }).filter { $0.hasPrefix("-") }.map(String.init)
            })
        #expect(!offered.isEmpty && documented == offered)
        for argument in ["source", "dest"] { #expect(page.contains(".Ar \(argument)") && help.contains("<\(argument)>")) }
    }

    @Test("the manual page is without complaint", .enabled(if: Command.find("mandoc") != nil, "needs mandoc"))
    func manualLint() throws {
        let outcome = try Command.outcome("mandoc", ["-T", "lint", "-W", "warning", Self.manual])
        #expect(outcome.succeeded && outcome.stdout == "" && outcome.stderr == "")
    }

    /// `.It Fl h , Fl -help` gives `-h` and `--help`.
    private func options(inMacro line: Substring) -> [String] {
        line.components(separatedBy: "Fl ").dropFirst().map { "-\($0.prefix { $0 != " " && $0 != "," })" }
    }

    private static let manual = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .removingLastComponent().appending("man").appending("loclone.1").string
}
