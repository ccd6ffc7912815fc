// The absolute paths in a line for the shell, as far as the text shows them. The rule: in doubt a path too many; what a line only makes when it runs
// (variables, ~, eval, relative paths, PATH) is not seen here, and the manual says so.

enum ShellPaths {
    private typealias Word = [Unicode.Scalar]

    /// How deep quoted texts that are lines themselves are read: `sh -c 'sh -c "..."'`.
    private static let mostLevels = 4
    private static let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n"]
    private static let operators: Set<Unicode.Scalar> = [";", "|", "&", "(", ")", "<", ">", "`"]
    private static let quotes: Set<Unicode.Scalar> = ["'", "\"", "\\"]
    /// What a path in a word may follow: `S=/x`, `${S:-/x}`, `/x:/y`, `{/x,/y}`, `@/x`, `$'/x'`.
    private static let starts: Set<Unicode.Scalar> = ["=", "-", "+", ":", ",", "{", "@", "$"]
    private static let ends: [Unicode.Scalar] = [":", ",", "}"]
    /// From here on only a run of the line can tell.
    private static let unknowns: Set<Unicode.Scalar> = ["$", "`", "{"]

    /// The absolute paths that a line names, each once: a word, a part of a word, and the value of an option (`-f/x`). Of a path with a variable
    /// or a brace in it what stands before that part.
    static func paths(in line: String) -> [String] {
        var found: [String] = []
        for word in words(in: Array(line.unicodeScalars), level: 0) {
            for path in paths(inWord: word) where !found.contains(path) { found.append(path) }
        }
        return found
    }

    /// Whether a text may be a line itself: it has blanks, operators or quotes.
    static func isLine(_ text: String) -> Bool { isLine(Array(text.unicodeScalars)) }

    private static func isLine(_ word: Word) -> Bool {
        word.contains { blanks.contains($0) || operators.contains($0) || quotes.contains($0) }
    }

    /// The words after quotes are taken away, those within quoted texts included.
    private static func words(in line: Word, level: Int) -> [Word] {
        var words: [Word] = []
        for word in split(line) {
            words.append(word)
            if level < mostLevels, word != line, isLine(word) { words += Self.words(in: word, level: level + 1) }
        }
        return words
    }

    /// Words as the shell splits a line, with quotes and backslashes taken away.
    private static func split(_ line: Word) -> [Word] {
        var words: [Word] = []
        var word: Word = []
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in line {
            if isEscaped {
                isEscaped = false
                // A line that goes on.
                if scalar == "\n" { continue }
                if quote == "\"", !["$", "`", "\"", "\\"].contains(scalar) { word.append("\\") }
                word.append(asName(scalar))
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if scalar == open { quote = nil } else { word.append(open == "'" ? asName(scalar) : scalar) }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            } else if blanks.contains(scalar) || operators.contains(scalar) {
                words.append(word)
                word = []
            } else {
                word.append(scalar)
            }
        }
        words.append(word)
        return words.filter { !$0.isEmpty }
    }

    /// What would be unknown, but is quoted, and so a part of a name: the same scalar in a plane for private use.
    private static func asName(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        unknowns.contains(scalar) ? Unicode.Scalar(named + scalar.value) ?? scalar : scalar
    }

    private static let named: UInt32 = 0xF0000

    private static func text(_ path: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in path {
            let plain = scalar.value > named ? Unicode.Scalar(scalar.value - named) : nil
            text.append(plain.flatMap { unknowns.contains($0) ? $0 : nil } ?? scalar)
        }
        return String(text)
    }

    private static func paths(inWord word: Word) -> [String] {
        var paths: [String] = []
        let isOption = word.first == "-"
        var isFirst = true
        for index in word.indices where word[index] == "/" {
            defer { isFirst = false }
            guard index == 0 || starts.contains(word[index - 1]) || (isOption && isFirst) else { continue }
            let rest = word[index...]
            paths += ([rest.endIndex] + ends.compactMap { rest.firstIndex(of: $0) }).flatMap { known(rest[..<$0]) }
        }
        return paths
    }

    /// The path up to the part that only a run of the line can tell. A brace may also be what it looks like: not every shell expands it.
    private static func known(_ path: ArraySlice<Unicode.Scalar>) -> [String] {
        guard let unknown = path.firstIndex(where: unknowns.contains), let slash = path[..<unknown].lastIndex(of: "/") else {
            return [text(path)]
        }
        let isBrace = path[unknown...].allSatisfy { $0 == "{" || !unknowns.contains($0) }
        return [text(path[...slash])] + (isBrace ? [text(path)] : [])
    }
}
