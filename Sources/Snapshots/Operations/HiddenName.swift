// The names that a restored image has for the moment before it takes the image's own: `.NAME.losnap-UUID8`, with a number if that is taken.

import CloneCore

/// The hidden names of one image.
struct HiddenName {
    /// What they begin with; what follows is the snapshot.
    private let prefix: String

    init(of name: String) { prefix = ".\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).losnap-" }

    /// The name for a snapshot's clone; the number is 1 for the first.
    func name(of id: Identifier, _ number: Int) -> String { prefix + id.prefix + (number == 1 ? "" : "-\(number)") }

    /// The most that are looked at: who may write the directory can put as many there as they like.
    static let most = 100

    /// Those in a directory, in order, and how many more there are.
    func all(in directory: OpenFile, kernel: Kernel) -> (names: [String], more: Int) {
        let all = listDirectory(directory, kernel: kernel).filter(matches)
        let names = all.count > Self.most ? Array(all.prefix(Self.most)).sorted() : all.sorted()
        return (names, all.count - names.count)
    }

    private func matches(_ name: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        let parts = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
        let isNumbered = parts.count == 1 || (parts.count == 2 && Int(parts[1]) != nil)
        return isNumbered && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
    }
}
