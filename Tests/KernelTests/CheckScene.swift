// What the tests of `check` share: a look whose text, JSON and status have to agree, and which must change nothing.

import TestSupport
import Testing

extension CliScene {
    /// The kinds that a check finds, worst first, after a look that its status and its first line agree, and that it changed nothing.
    func checkFindings(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [String] {
        let before = try sql("SELECT * FROM snapshot; SELECT * FROM source; SELECT * FROM event")
        let text = try sandbox.losnap.run(["check"] + arguments)
        let json = try sandbox.losnap.run(["check", "--json"] + arguments)
        #expect(text.stderr.isEmpty && json.stderr.isEmpty, "\(text.stderr)\(json.stderr)", sourceLocation: sourceLocation)
        let object = try JSONValue(parsing: json.stdout)
        let words: [Int32: String] = [0: "ok", 1: "warning", 2: "critical", 3: "unknown"]
        for outcome in [text, json] {
            guard case .exited(let status) = outcome.status, let word = words[status] else {
                Issue.record("\(outcome.status)", sourceLocation: sourceLocation)
                continue
            }
            #expect(object["status"] == .string(word), sourceLocation: sourceLocation)
            #expect(text.stdout.hasPrefix("LOSNAP \(word.uppercased()) - "), "\(text.stdout)", sourceLocation: sourceLocation)
        }
        let found = object["findings"].array ?? []
        #expect(text.stdout.split(separator: "\n").count == 1 + found.count, "\(text.stdout)", sourceLocation: sourceLocation)
        #expect(
            try sql("SELECT * FROM snapshot; SELECT * FROM source; SELECT * FROM event") == before, sourceLocation: sourceLocation)
        return found.compactMap { $0["kind"].string }
    }

    /// Has the image taken every hour.
    func takeHourly() throws {
        try scope.write("sources: { home: { image: \(image), every: 1h } }\n", to: sandbox.configuration)
    }
}
