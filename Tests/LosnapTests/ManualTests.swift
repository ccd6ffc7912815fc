// man/losnap.8 and the parser say the same: commands, arguments, options, exit statuses, both ways.

import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import losnap

@Suite struct ManualTests {
    private let page: String

    init() throws {
        page = try sourceText("man/losnap.8")
    }

    /// A command as the parser dumps it.
    private struct Dumped: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }
            let kind: String
            let names: [Name]?
            let valueName: String?
        }
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Dumped]?
    }

    private struct Dump: Decodable {
        let command: Dumped
    }

    private func commands() throws -> [(path: String, command: Dumped)] {
        let text = run("--experimental-dump-help").stdout
        func all(_ command: Dumped, _ path: [String]) -> [(String, Dumped)] {
            let path = path + [command.commandName]
            return [(path.joined(separator: " "), command)] + (command.subcommands ?? []).flatMap { all($0, path) }
        }
        return try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command.subcommands?.flatMap { all($0, []) } ?? []
    }

    /// The part of the page about a command: from its subsection to the next.
    private func part(_ path: String) throws -> Substring {
        let start = try #require(page.firstRange(of: "\n.Ss \(path)\n"), "no subsection about \(path)")
        let rest = page[start.upperBound...]
        let end = rest.firstMatch(of: /\n\.S[sh]\s/)?.range.lowerBound ?? rest.endIndex
        return rest[..<end]
    }

    private static let everywhere: Set<String> = ["catalogue", "config", "json", "utc", "wait", "quiet", "help", "version", "h"]

    @Test func `every command and option is in the manual`() throws {
        let commands = try commands().filter { $0.command.commandName != "help" && !["source", "config", "policy"].contains($0.path) }
        #expect(commands.count == 27)
        for (path, command) in commands {
            let part = try part(path)
            for argument in command.arguments ?? [] {
                for name in argument.names ?? [] where !Self.everywhere.contains(name.name) {
                    #expect(
                        part.contains(".It Fl \(Self.flag(name.name, name.kind))")
                            || part.contains(", Fl \(Self.flag(name.name, name.kind))"),
                        "--\(name.name) of \(path) is not in the manual")
                }
            }
        }
        let common = try #require(page.firstRange(of: "\n.Sh OPTIONS\n"))
        for name in Self.everywhere where name != "h" {
            #expect(page[common.upperBound...].contains(".It Fl \\-\(name)") || page[common.upperBound...].contains(", Fl \\-\(name)"))
        }
    }

    private static func flag(_ name: String, _ kind: String) -> String {
        kind == "short" ? name : "\\-" + name.split(separator: "-").joined(separator: "\\-")
    }

    @Test func `every command and option of the manual exists`() throws {
        let commands = try Dictionary(uniqueKeysWithValues: commands().map { ($0.path, $0.command) })
        for match in page.matches(of: /\n\.Ss ([a-z ]+)\n/) {
            let path = String(match.1)
            guard let command = commands[path] else {
                Issue.record("the manual has the command \(path), which does not exist")
                continue
            }
            let names = Set((command.arguments ?? []).flatMap { ($0.names ?? []).map(\.name) })
            for option in try part(path).matches(of: /\n\.It Fl (\S+)/) {
                let name = option.1.replacing("\\", with: "").drop { $0 == "-" }
                #expect(names.contains(String(name)), "the manual gives \(path) the option \(name), which it does not have")
            }
        }
    }

    @Test func `exit statuses agree`() throws {
        let start = try #require(page.firstRange(of: "\n.Sh EXIT STATUS\n")).upperBound
        let section = page[start...].prefix(upTo: page[start...].firstRange(of: "\n.Sh")?.lowerBound ?? page.endIndex)
        let listed = Set(section.matches(of: /\n\.It (\d+)\n/).compactMap { Int32($0.1) })
        #expect(listed == Set(losnap.ExitStatus.allCases.map(\.rawValue)))
    }

    @Test(.enabled(if: Command.find("mandoc") != nil, "mandoc is not installed")) func `the manual is clean`() throws {
        for name in ["losnap.8", "losnap.yaml.5"] {
            let outcome = try Command.outcome("mandoc", ["-T", "lint", "-W", "warning", repository.appending("man/\(name)").string])
            #expect(outcome.stdout == "")
            #expect(outcome.succeeded)
        }
    }
}
