// What a pattern matches and is skipped: files of others in a directory that others may write, and files beyond the most that a pattern may match. The
// rule: told in a few words, however many there are, for anybody can put them there.

import SystemPackage

/// Files that a pattern matches and that are skipped.
public struct SkippedMatches: Sendable, Hashable {
    /// How many are named.
    private static let named = 3
    /// The most images of one pattern: each is a source, and is looked at in every run.
    static let mostImages = 1000

    /// The entry with the pattern.
    public let entry: String
    /// How many files of others there are.
    private var count = 0
    /// How many files there are beyond the most.
    var beyond = 0
    /// The first of them, each with its owner.
    private var shown: [String] = []

    init(entry: String) { self.entry = entry }

    /// Whether nothing was skipped.
    var isEmpty: Bool { count == 0 && beyond == 0 }

    mutating func add(_ path: FilePath, owner: UInt32) {
        count += 1
        if shown.count < Self.named { shown.append("\(path.string) (user \(owner))") }
    }

    /// What is skipped, and why.
    public var message: String {
        let sentences = (count > 0 ? [foreignFiles] : []) + (beyond > 0 ? ["\(beyond) files beyond the first \(Self.mostImages)"] : [])
        return "\(entry): skipped " + sentences.joined(separator: "; ")
    }

    private var foreignFiles: String {
        let files = count == 1 ? "a file of another user" : "\(count) files of other users"
        let list = shown.joined(separator: ", ") + (count > shown.count ? ", ..." : "")
        return "\(files), because others can write the directory: \(list)"
    }

    /// What to do about it.
    public var hint: String {
        count == 0
            ? "narrow the pattern, or use several in different directories"
            : "to include one, chown it to root or give it an entry of its own; to exclude them, move them away or narrow the pattern"
    }
}
