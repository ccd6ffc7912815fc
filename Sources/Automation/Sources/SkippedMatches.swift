// What a pattern matches but nobody asked for: files of others in a directory that others may write. The rule: told in a few words, however many there
// are, for anybody can put them there.

import SystemPackage

/// Files that a pattern matches and that are skipped.
public struct SkippedMatches: Sendable, Hashable {
    /// How many are named.
    static let most = 3

    /// The entry with the pattern.
    public let entry: String
    /// How many there are.
    public private(set) var count = 0
    /// The first of them, each with its owner.
    private var shown: [String] = []

    init(entry: String) { self.entry = entry }

    mutating func add(_ path: FilePath, owner: UInt32) {
        count += 1
        if shown.count < Self.most { shown.append("\(path.string) (user \(owner))") }
    }

    /// What is skipped, and why.
    public var message: String {
        let files = count == 1 ? "a file that matches belongs" : "\(count) files that match belong"
        let list = shown.joined(separator: ", ") + (count > shown.count ? ", ..." : "")
        return "\(entry): skipped, because \(files) to somebody else, and others may write the directory: \(list)"
    }

    /// What to do about it.
    public var hint: String {
        "to include one, chown it to root or give it an entry of its own; to exclude them, move them away or narrow the pattern"
    }
}
