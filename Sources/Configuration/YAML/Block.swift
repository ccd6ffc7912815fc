// The keys of one mapping. The rule: a key that is not known is an error with the nearest known one, never skipped in silence.

import CloneCore
import Yams

/// A mapping, entry by entry.
struct Block {
    let entries: [Entry]

    /// - Parameter known: the keys that there may be; nil where they are names.
    init(_ mapping: Node.Mapping, name: String?, known: [String]?, problems: ProblemList, repeated: [Position: String]) {
        entries = mapping.compactMap { key, value in
            let position = problems.position(key.mark)
            // Told when it was found; the other one counts.
            if repeated[position] != nil { return nil }
            guard let text = key.scalar?.string, key.mark?.line ?? 0 >= mapping.mark?.line ?? 0 else {
                problems.add(position, "expected a key, found \(key.kind)")
                return nil
            }
            if let known, !known.contains(text) {
                let place = name.map { " in \($0.shown)" } ?? ""
                let near = nearestNames(to: text, among: known, limit: 1).first
                problems.add(
                    position, "unknown key '\(text.shown)'\(place)",
                    hint: near.map { "did you mean \($0)?" } ?? "known keys are \(known.joined(separator: ", "))")
                return nil
            }
            return Entry(key: text, keyPosition: position, node: value, problems: problems, repeated: repeated)
        }
    }
}

extension String {
    /// The text on one line, short, without control characters: for messages.
    var shown: String {
        let safe = unicodeScalars.prefix(60).map { scalar in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return safe.joined() + (unicodeScalars.count > 60 ? "..." : "")
    }
}
