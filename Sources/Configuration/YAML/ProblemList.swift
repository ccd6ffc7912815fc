// Collects what is wrong while a file is read on. The rule: a wrong value is left out and the rest is read, so that one run shows all.

import Yams

/// What is wrong in one file, so far.
final class ProblemList {
    let file: String
    private(set) var problems: [Problem] = []

    init(file: String) { self.file = file }

    /// The position of a mark; the beginning of the file for none.
    func position(_ mark: Mark?) -> Position { Position(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1) }

    func add(_ position: Position, _ message: String, hint: String? = nil) {
        problems.append(Problem(position: position, message: message, hint: hint))
    }

    /// All of them, in the order of the file.
    var sorted: [Problem] { problems.sorted { ($0.position, $0.message) < ($1.position, $1.message) } }
}

/// Why a text is no value.
struct Refusal: Error {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
