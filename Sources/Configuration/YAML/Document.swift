// From text to the nodes of one YAML document. The rule: what YAML itself refuses is told with its place; a key that is there twice does not
// keep the rest from being read.
//
// The composer stops at the first mapping with a key twice. The key's first letter is then replaced by a private-use character, so that no place
// in the file moves, and the text is composed again.

import Yams

/// The outermost node, and the keys that are there twice.
struct Document {
    /// nil for a file that says nothing.
    var root: Node?
    /// Where keys stand that another one of the same mapping repeats, and what they are.
    var repeated: [Position: String] = [:]

    private static let mostRepeated = 64
    /// What may be composed again and again, in bytes: a long text with many keys twice would take minutes.
    private static let mostComposed = 4 << 20

    /// Composes the text. Nil if that failed, which `problems` tells.
    init?(_ text: String, _ problems: ProblemList) {
        if let place = AliasCount.tooMany(in: text) {
            problems.add(
                Position(file: problems.file, line: place.line, column: place.column), "aliases are not understood here",
                hint: "write the value out, or let a policy inherit another")
            return nil
        }
        var text = text
        let last = min(Self.mostRepeated, max(2, Self.mostComposed / max(1, text.utf8.count)))
        for round in 0...last {
            do {
                let parser = try Parser(yaml: text)
                root = try parser.nextRoot()
                if let second = try parser.nextRoot() {
                    problems.add(problems.position(second.mark), "a second document", hint: "a configuration is one; remove the dashes")
                }
                return
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let position = problems.position(context.mark)
                let name = names.first ?? ""
                problems.add(position, "the key '\(name.shown)' is there twice", hint: "keep one of them")
                repeated[position] = name
                guard round < last, let masked = Self.masking(context.mark, in: text, round: round) else { return nil }
                text = masked
            } catch let error as YamlError {
                // A mask that made another text of it must not be blamed on the user.
                if repeated.isEmpty { Self.tell(error, problems) }
                return nil
            } catch {
                problems.add(problems.position(nil), "not readable as YAML")
                return nil
            }
        }
        return nil
    }

    private static func tell(_ error: YamlError, _ problems: ProblemList) {
        let hint = "see losnap.yaml(5); blanks indent, never tabs, and text with ': ' or ' #' is quoted"
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { context in " \(context.text)" } ?? ""
            problems.add(problems.position(mark), "not YAML: \(problem)\(place)", hint: hint)
        case .reader(let problem, _, _, _): problems.add(problems.position(nil), "not YAML: \(problem)", hint: hint)
        default: problems.add(problems.position(nil), "not readable as YAML", hint: hint)
        }
    }

    /// The text with the first letter of the key at the mark made unlike any other; nil if it is no plain or quoted word.
    private static func masking(_ mark: Mark, in text: String, round: Int) -> String? {
        guard let mask = Unicode.Scalar(0xE000 + UInt32(round)) else { return nil }
        var scalars = text.unicodeScalars
        var index = scalars.startIndex
        var line = 1
        while line < mark.line, index < scalars.endIndex {
            let scalar = scalars[index]
            index = scalars.index(after: index)
            let isBreak = scalar == "\n" || scalar == "\r" && (index == scalars.endIndex || scalars[index] != "\n")
            if isBreak || scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}" { line += 1 }
        }
        guard scalars.index(index, offsetBy: mark.column, limitedBy: scalars.endIndex) != nil else { return nil }
        index = scalars.index(index, offsetBy: mark.column - 1)
        if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
        guard index < scalars.endIndex, scalars[index].properties.isAlphabetic || scalars[index].properties.numericType != nil else {
            return nil
        }
        scalars.replaceSubrange(index...index, with: [mask])
        return String(scalars)
    }
}
