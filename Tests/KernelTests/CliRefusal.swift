// How losnap says no. The rule of every refusal: the status of the design; on stderr one line `losnap: error:` that names the thing and one
// `losnap: hint:` that fits, and nothing on stdout; with --json the same as an object on the last line; and nothing lost or left.

import SystemPackage
import TestSupport
import Testing

/// What losnap said on stderr, line by line.
struct Complaint {
    let errors: [String]
    let hints: [String]
    let warnings: [String]
    /// Lines that are none of these: there should be none.
    let others: [String]

    init(_ outcome: Outcome) {
        func texts(_ prefix: String) -> [String] {
            outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("losnap: \(prefix): ") }.map {
                String($0.dropFirst(10 + prefix.count))
            }
        }
        errors = texts("error")
        hints = texts("hint")
        warnings = texts("warning")
        others = outcome.stderr.split(separator: "\n").filter { !$0.hasPrefix("losnap: ") }.map(String.init)
    }
}

/// How a command has to be refused.
struct Refusal {
    let status: Int32
    let code: String
    /// What the sentence has to name.
    let says: [String]
    /// What the hint has to name.
    let hint: [String]

    init(_ status: Int32, _ code: String, says: String..., hint: String...) {
        (self.status, self.code, self.says, self.hint) = (status, code, says, hint)
    }

    /// Asserts that an outcome without --json is this refusal.
    func check(text outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        let complaint = Complaint(outcome)
        #expect(outcome.status == .exited(status), "\(outcome.stderr)", sourceLocation: sourceLocation)
        #expect(outcome.stdout.isEmpty, sourceLocation: sourceLocation)
        #expect(complaint.errors.count == 1 && complaint.others.isEmpty, "\(outcome.stderr)", sourceLocation: sourceLocation)
        #expect(complaint.hints.count == 1 + complaint.warnings.count, "\(outcome.stderr)", sourceLocation: sourceLocation)
        for word in says { #expect(complaint.errors.first?.contains(word) == true, "\(outcome.stderr)", sourceLocation: sourceLocation) }
        for word in hint { #expect(complaint.hints.last?.contains(word) == true, "\(outcome.stderr)", sourceLocation: sourceLocation) }
    }

    /// Asserts that an outcome with --json is this refusal.
    func check(json outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(outcome.status == .exited(status), "\(outcome.stderr)", sourceLocation: sourceLocation)
        // Of several things each failure is in the object, too.
        #expect(outcome.stdout.isEmpty || outcome.stdout.contains(#""failed":[{"#), sourceLocation: sourceLocation)
        let last = outcome.stderr.split(separator: "\n").last.map(String.init) ?? ""
        let error = try JSONValue(parsing: last)["error"]
        #expect(error.keys == ["code", "hint", "message"], sourceLocation: sourceLocation)
        #expect(error["code"] == .string(code), "\(last)", sourceLocation: sourceLocation)
        for word in says { #expect(error["message"].string?.contains(word) == true, "\(last)", sourceLocation: sourceLocation) }
        for word in hint { #expect(error["hint"].string?.contains(word) == true, "\(last)", sourceLocation: sourceLocation) }
    }
}

extension CliScene {
    /// Asserts that a command is refused, in text and in JSON, and changes nothing.
    func expect(_ arguments: String..., refused refusal: Refusal, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try expect(arguments, by: sandbox.losnap, refused: refusal, sourceLocation: sourceLocation)
    }

    /// The same for another losnap, such as one that another user runs.
    func expect(
        _ arguments: [String], by losnap: Tool, environment: [String: String] = [:], refused refusal: Refusal,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try picture()
        refusal.check(text: try losnap.run(arguments, environment: environment), sourceLocation: sourceLocation)
        try refusal.check(json: try losnap.run(arguments + ["--json"], environment: environment), sourceLocation: sourceLocation)
        try expectUnchanged(since: before, sourceLocation: sourceLocation)
        expectNothingFrozen(sourceLocation: sourceLocation)
    }
}
