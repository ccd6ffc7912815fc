// Every reader of what others wrote gets inputs by the thousand, and by the million in a long run: in a process of its own, for a trap would end the
// tests with it. The rule: the number is fixed, not the time; what broke it is shown, with the seed by which it is made again.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Fuzzing", .blocking, .timeLimit(.minutes(15)))
struct FuzzTests {
    /// Inputs of one process in the usual run, by what one costs.
    private static let targets: [(name: String, inputs: Int)] = [
        ("mountinfo", 1500), ("sysfs", 400), ("record", 2000), ("mark", 2000), ("configuration", 200), ("duration", 3000),
        ("schedule", 3000),
        ("sizes", 10000), ("instant", 10000), ("reference", 4000), ("names", 4000), ("glob", 800), ("freeze-record", 3000),
        ("locks", 3000),
    ]

    private static let fuzzer = Tool(executable: Tool.losnap.executable.removingLastComponent().appending("fuzzer"))
    private static var corpus: String { URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../Fuzz/Corpus" }

    @Test("every target is here")
    func all() throws {
        let listed = try Self.fuzzer.run(["--list"]).stdout.split(separator: "\n").map(String.init)
        #expect(listed.sorted() == Self.targets.map(\.name).sorted())
        #expect(try FileManager.default.contentsOfDirectory(atPath: Self.corpus).sorted() == listed.sorted())
    }

    @Test("no trap, no hang, no more memory than it may have, and every promise kept", arguments: targets.map(\.name))
    func mutations(target: String) throws {
        let usual = try #require(Self.targets.first { $0.name == target }).inputs
        // Another sample in each run; what it was is told.
        let seed = UInt64.random(in: 1...1_000_000)
        let inputs = usual * (TestLength.isLong ? 50 : 1)
        try run([target, "--inputs", "\(inputs)", "--seed", "\(seed)"], within: TestLength.isLong ? .seconds(840) : .seconds(240))
    }

    @Test("16 MiB of anything: an answer, in bounded memory", arguments: ["mountinfo", "record", "mark"])
    func huge(target: String) throws {
        try run([target, "--huge", "--memory", "2048"], within: .seconds(600))
    }

    private func run(_ arguments: [String], within deadline: Duration) throws {
        try TestScope.with { scope in
            let note = scope.freshPath("input")
            let outcome = try Self.fuzzer.run(arguments + ["--corpus", Self.corpus, "--note", note.string], within: deadline)
            guard !outcome.succeeded else { return }
            var bytes = (try? Data(contentsOf: URL(fileURLWithPath: note.string))) ?? Data()
            let count = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << ($1.offset * 8) }
            bytes = bytes.dropFirst(8).prefix(min(count, 12000))
            Issue.record(
                "fuzzer \(arguments.joined(separator: " ")): \(outcome.status)\n\(outcome.stdout)\(outcome.stderr)\n\(bytes.base64EncodedString())"
            )
        }
    }
}
