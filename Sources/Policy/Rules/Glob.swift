// Shell patterns for labels. Written here rather than taken from fnmatch(3), whose idea of a character depends on the
// process's locale. Matching goes back to the last star only, so the cost is at most pattern times text.

/// A pattern for a whole text: `*` any characters, `?` one, `[a-z]` one of a set, `[!a-z]` one not of it, `\` takes the next
/// character as it is. Every text is a valid pattern: a `[` that is never closed and a `\` at the end stand for themselves.
/// Upper and lower case differ. A character is what a reader sees as one.
public struct Glob: Sendable, Hashable {
    private enum Piece: Hashable {
        case anything
        case one
        case literal(Character)
        case oneOf(singles: [Character], ranges: [ClosedRange<Character>], negated: Bool)
    }

    /// The pattern as it was written.
    public let pattern: String
    private let pieces: [Piece]

    /// Reads a pattern.
    public init(_ pattern: String) {
        self.pattern = pattern
        var pieces: [Piece] = []
        var rest = pattern[...]
        while let character = rest.popFirst() {
            switch character {
            case "*": if pieces.last != .anything { pieces.append(.anything) }
            case "?": pieces.append(.one)
            case "[":
                if let (set, after) = Glob.set(in: rest) {
                    pieces.append(set)
                    rest = after
                } else {
                    pieces.append(.literal("["))
                }
            case "\\": pieces.append(.literal(rest.popFirst() ?? "\\"))
            default: pieces.append(.literal(character))
            }
        }
        self.pieces = pieces
    }

    /// Whether the pattern describes the whole text.
    public func matches(_ text: String) -> Bool {
        var piece = 0
        var position = text.startIndex
        // Where to go on after a mismatch: the last star, and the text it has not yet swallowed.
        var retry: (piece: Int, position: String.Index)?
        while position < text.endIndex {
            if piece < pieces.count, pieces[piece] == .anything {
                retry = (piece + 1, position)
                piece += 1
            } else if piece < pieces.count, matches(pieces[piece], text[position]) {
                piece += 1
                position = text.index(after: position)
            } else if let last = retry {
                position = text.index(after: last.position)
                piece = last.piece
                retry = (last.piece, position)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anything }
    }

    private func matches(_ piece: Piece, _ character: Character) -> Bool {
        switch piece {
        case .anything, .one: true
        case .literal(let wanted): wanted == character
        case .oneOf(let singles, let ranges, let negated):
            (singles.contains(character) || ranges.contains { $0.contains(character) }) != negated
        }
    }

    /// Reads a set whose `[` has been read; nil if it is never closed. A `]` in the first place belongs to the set.
    private static func set(in text: Substring) -> (Piece, Substring)? {
        var rest = text
        let negated = rest.first == "!" || rest.first == "^"
        if negated { rest.removeFirst() }
        var singles: [Character] = []
        var ranges: [ClosedRange<Character>] = []
        var isFirst = true
        while var character = rest.popFirst() {
            if character == "]", !isFirst { return (.oneOf(singles: singles, ranges: ranges, negated: negated), rest) }
            isFirst = false
            if character == "\\", let escaped = rest.popFirst() { character = escaped }
            if rest.first == "-", let end = rest.dropFirst().first, end != "]" {
                rest.removeFirst(2)
                // A range that runs backwards holds nothing.
                if character <= end { ranges.append(character...end) }
            } else {
                singles.append(character)
            }
        }
        return nil
    }
}
