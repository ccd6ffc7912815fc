// The pages of help, word for word, and what every one of them must have.

import ArgumentParser
import Testing

@testable import losnap

@Suite struct HelpTests {
    /// Every command with the words that lead to it.
    static let commands: [(name: String, type: any ParsableCommand.Type)] = all(Losnap.self, [])

    private static func all(_ type: any ParsableCommand.Type, _ path: [String]) -> [(name: String, type: any ParsableCommand.Type)] {
        let path = path + [type.configuration.commandName ?? ""]
        return [(path.joined(separator: "-"), type)] + type.configuration.subcommands.flatMap { all($0, path) }
    }

    @Test(arguments: commands.indices) func `every page of help is as it was`(index: Int) {
        let command = Self.commands[index]
        expectGolden(Losnap.helpMessage(for: command.type, columns: 80), "help/\(command.name).txt")
    }

    @Test(arguments: commands.indices) func `every page of help has an abstract and examples`(index: Int) {
        let configuration = Self.commands[index].type.configuration
        #expect(configuration.abstract.hasSuffix("."))
        #expect(configuration.discussion.contains("EXAMPLES:\n  losnap "))
    }

    /// Every example parses; what the shell would put in is put in.
    @Test func `every example is a command line`() throws {
        var count = 0
        for (_, type) in Self.commands {
            for line in type.configuration.discussion.split(separator: "\n") where line.hasPrefix("  losnap ") {
                let typed = String(line.dropFirst("  losnap ".count))
                let words = shellWords(typed.replacing("$(losnap list home --until 2025-01 -q)", with: "1 2"))
                guard case .command = try CommandLineParser.parse(words) else {
                    Issue.record("no command: \(line)")
                    continue
                }
                count += 1
            }
        }
        #expect(count > 40)
    }

    private func shellWords(_ line: String) -> [String] {
        var words: [String] = [""]
        var isQuoted = false
        for character in line {
            if character == "'" {
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                words.append("")
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words
    }

    @Test func `help and version are answers, not errors`() {
        #expect(run("--version").stdout == "losnap 0.1.0\n")
        let asked = [run("create", "--help"), run("help", "create"), run("create", "-h")]
        for outcome in asked {
            #expect(outcome.status == .done)
            #expect(outcome.stdout.contains("USAGE: losnap create"))
            #expect(outcome.stderr.isEmpty)
        }
        #expect(run("source", "add", "--help").stdout.contains("USAGE: losnap source add"))
    }
}
