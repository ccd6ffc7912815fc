// The words of the fuzzer's command line.

internal import Glibc

struct Request {
    struct Misuse: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var targets: [Target] = []
    private(set) var inputs = 100_000
    private(set) var seed: UInt64 = 1
    /// Where each target has a folder of seeds.
    private(set) var corpus = String(#filePath.dropLast("Request.swift".count)) + "Corpus"
    /// By how much the process may grow, in MiB.
    private(set) var memory = 256
    private(set) var note: String
    private(set) var replayed: [String] = []
    private(set) var isHuge = false
    private(set) var lists = false

    init(_ words: [String]) throws {
        note = (getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp") + "/fuzzer-input"
        var rest = words[...]
        func number(_ word: String) throws -> Int {
            guard let text = rest.popFirst(), let value = Int(text), value >= 0 else { throw Misuse(description: "\(word) wants a number") }
            return value
        }
        func text(_ word: String) throws -> String {
            guard let text = rest.popFirst() else { throw Misuse(description: "\(word) wants a value") }
            return text
        }
        while let word = rest.popFirst() {
            switch word {
            case "--inputs": inputs = try number(word)
            case "--seed": seed = UInt64(try number(word))
            case "--memory": memory = try number(word)
            case "--corpus": corpus = try text(word)
            case "--note": note = try text(word)
            case "--huge": isHuge = true
            case "--list": lists = true
            case "--replay":
                replayed = Array(rest)
                rest = []
            default:
                guard let target = Target.all.first(where: { $0.name == word }) else {
                    throw Misuse(description: "there is no target \(word); they are \(Target.all.map(\.name).joined(separator: ", "))")
                }
                targets.append(target)
            }
        }
        if targets.isEmpty { targets = Target.all }
    }
}
