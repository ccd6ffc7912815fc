// The example is right, and every file under invalid/ is refused with what stands beside it.

import CloneCore
import Foundation
import Policy
import SystemPackage
import Testing

@testable import Configuration

@Suite struct ExampleTests {
    static let folder = FilePath(#filePath).removingLastComponent()
    static let invalid: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appending("invalid").string)
        return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    /// What is told of a file: one line a problem, and one a hint. Reading as a user, so that owners don't matter.
    private func told(_ name: String) throws -> String {
        let path = Self.folder.appending("invalid").appending(name)
        do throws(ConfigurationError) {
            _ = try LosnapConfiguration.read(path, .required, user: 1000, kernel: .linux)
            return "nothing is wrong\n"
        } catch {
            guard case .invalid(_, let problems) = error else { return error.message + "\n" }
            return problems.map { problem in
                "\(name):\(problem.position.line):\(problem.position.column): \(problem.message)\n"
                    + (problem.hint.map { "  hint: \($0)\n" } ?? "")
            }.joined()
        }
    }

    @Test func `there are invalid files`() { #expect(Self.invalid.count > 12) }

    @Test(arguments: invalid) func `invalid files are refused with every error`(name: String) throws {
        let told = try told(name)
        let path = Self.folder.appending("invalid").appending(name + ".expected").string
        if ProcessInfo.processInfo.environment["LOSNAP_REWRITE_GOLDEN"] == "1" {
            try told.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("\(name): written anew")
            return
        }
        #expect(told == (try? String(contentsOfFile: path, encoding: .utf8)))
        for line in told.split(separator: "\n") { #expect(!line.hasSuffix("."), "a full stop at the end") }
    }

    @Test func `every example is right`() throws {
        let examples = Self.folder.removingLastComponent().removingLastComponent().appending("Examples").string
        let names = try FileManager.default.subpathsOfDirectory(atPath: examples).filter { $0.hasSuffix(".yaml") }
        #expect(names.contains("losnap.yaml"))
        for name in names {
            let text = try String(contentsOfFile: examples + "/" + name, encoding: .utf8)
            _ = try LosnapConfiguration(parsing: text, path: FilePath(name))
        }
    }

    private func lines(of path: String) throws -> [String] {
        let root = Self.folder.removingLastComponent().removingLastComponent()
        let text = try String(contentsOfFile: root.appending(path).string, encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func `the manual's example is right`() throws {
        let example = try lines(of: "man/losnap.yaml.5").drop { $0 != ".Sh EXAMPLES" }.dropFirst(2).prefix { $0 != ".Ed" }
        let configuration = try LosnapConfiguration(parsing: example.joined(separator: "\n"), path: "losnap.yaml")
        #expect(configuration.sources.count == 2 && configuration.policies.count == 2)
    }

    @Test(arguments: ["postgresql", "mysql", "libvirt"]) func `what a hook says of losnap.yaml is right`(hook: String) throws {
        let head = "#     "
        let example = try lines(of: "Examples/hooks/\(hook)").drop { !$0.hasPrefix(head) }.prefix { $0.hasPrefix(head) }
        let text = (["sources:"] + example.map { "  \($0.dropFirst(head.count))" }).joined(separator: "\n")
        let source = try #require(try LosnapConfiguration(parsing: text, path: "losnap.yaml").sources.first)
        guard case .shell(let line)? = source.before else {
            Issue.record("\(String(describing: source.before))")
            return
        }
        #expect(line.hasPrefix("/etc/losnap/hooks/\(hook)") && source.before == source.after)
    }
}
